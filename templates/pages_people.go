package templates

// AgainPage asks who is signed in to prove who they are.
type AgainPage struct {
	Frame
	Next    string // where to go afterwards
	Problem string // "", "bad", "many"
}

func (AgainPage) page() string { return "again" }
