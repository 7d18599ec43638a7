package templates

import "time"

// ErasePage asks whether a candidate is to be erased for good.
type ErasePage struct {
	Frame
	ID       int64
	Name     string
	Number   string
	Rows     int64
	Pictures int

	Problem string // "", "number", "reason"
	Typed   string // 报名号, as typed
	Reason  string
}

func (ErasePage) page() string { return "erase" }

// ReceiptPage is the proof that somebody was erased.
type ReceiptPage struct {
	Frame
	ID       int64
	At       time.Time
	Reason   string
	Rows     int64
	Pictures int
}

func (ReceiptPage) page() string { return "receipt" }
