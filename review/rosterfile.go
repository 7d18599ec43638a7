package review

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// What cannot be read as a roster at all.
var (
	ErrRosterSize     = errors.New("roster file is larger than 20 MiB, or unpacks to more than 256 MiB, 10,000 files or 200,000 rows")
	ErrRosterFormat   = errors.New("roster file is neither .csv nor .xlsx (an old .xls must be saved as .xlsx)")
	ErrRosterEncoding = errors.New("roster file is neither UTF-8 nor GB18030 (GBK)")
	ErrRosterDamaged  = errors.New("roster file is damaged or has a password")

	ErrRosterUnsafe    = errors.New("roster file is harmful, says the virus scanner")
	ErrRosterUnscanned = errors.New("roster file is not scanned for viruses yet: try again later")
)

const (
	rosterBytes    = 20 << 20
	rosterUnzipped = 256 << 20
	rosterParts    = 10_000   // files in a workbook
	rosterInMemory = 32 << 20 // larger sheets are unpacked to a temporary file
	rosterRows     = 200_000
	rosterColumns  = 256
)

// receive reads a roster file and has it scanned before anything looks into it.
func (d *Desk) receive(ctx context.Context, actor string, r io.Reader) ([]byte, error) {
	data, err := readFile(r)
	if err != nil {
		return nil, err
	}
	harm, err := d.Clamd.Scan(ctx, data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRosterUnscanned, err)
	}
	if harm == "" {
		return data, nil
	}
	event, err := d.event(actor, ActionUnsafe, 0, harm)
	if err == nil {
		err = d.DB.Log(ctx, event)
	}
	if err != nil {
		return nil, err
	}
	return nil, ErrRosterUnsafe
}

// readFile reads the bytes of a roster file.
func readFile(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, rosterBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read roster: %w", err)
	case len(data) > rosterBytes:
		return nil, ErrRosterSize
	}
	return data, nil
}

// readCells reads the cells of a roster file as text; a head above 0 asks for the first rows only.
// Row i of the result is line i+1 of the file or sheet; blank lines are empty rows. The content
// decides what it is, not the name.
func readCells(data []byte, head int) ([][]string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readSheet(data, head)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")), bytes.HasPrefix(data, []byte("%PDF")):
		return nil, ErrRosterFormat
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	return readCSV(text, head)
}

// decodeText recognises UTF-8 (with or without byte order mark), UTF-16 with one (what Excel
// calls Unicode text) and GB18030, of which GBK and GB2312 are parts.
func decodeText(data []byte) (string, error) {
	var from encoding.Encoding = simplifiedchinese.GB18030
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case utf8.Valid(data):
		from = unicode.UTF8BOM
	}
	text, err := from.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || bytes.IndexByte(text, 0) >= 0 {
		return "", ErrRosterEncoding
	}
	return string(text), nil
}

func readCSV(text string, head int) ([][]string, error) {
	// The csv package ends lines at \n only; old Mac files end them at \r.
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(text), -1, true
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) || head > 0 && len(rows) >= head {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrRosterDamaged, err)
		}
		line, _ := r.FieldPos(0)
		for len(rows) < line-1 { // csv passes over blank lines; line numbers must stay true
			rows = append(rows, nil)
		}
		if len(rows) >= rosterRows || len(row) > rosterColumns {
			return nil, ErrRosterSize
		}
		rows = append(rows, row)
	}
}

// separator is what the fullest of the first lines is divided by.
func separator(text string) rune {
	best, most := ',', 0
	for i, line := range strings.SplitN(text, "\n", 11) {
		if i == 10 {
			break
		}
		for _, s := range []rune{',', ';', '\t'} {
			if n := strings.Count(line, string(s)); n > most {
				best, most = s, n
			}
		}
	}
	return best
}

// readSheet reads the first visible sheet of an .xlsx workbook.
func readSheet(data []byte, head int) (rows [][]string, err error) {
	defer func() { // a workbook is somebody else's input to a large parser
		if caught := recover(); caught != nil {
			rows, err = nil, ErrRosterDamaged
		}
	}()
	if tooMuch(data) {
		return nil, ErrRosterSize
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: rosterUnzipped, UnzipXMLSizeLimit: rosterInMemory,
	})
	if err != nil {
		return nil, ErrRosterDamaged
	}
	defer book.Close()
	for _, name := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(name); err != nil || !visible {
			continue
		}
		return sheetRows(book, name, head)
	}
	return nil, ErrRosterDamaged
}

// tooMuch reads from the archive's directory what unpacking would cost; the parser holds the
// archive to it.
func tooMuch(data []byte) bool {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return false // damaged: the parser will say so
	}
	if len(archive.File) > rosterParts {
		return true
	}
	left := uint64(rosterUnzipped)
	for _, f := range archive.File {
		if f.UncompressedSize64 > left { // no sum: forged sizes could wrap it
			return true
		}
		left -= f.UncompressedSize64
	}
	return false
}

func sheetRows(book *excelize.File, name string, head int) ([][]string, error) {
	iter, err := book.Rows(name)
	if err != nil {
		return nil, ErrRosterDamaged
	}
	defer iter.Close()
	var rows [][]string
	for n := 0; iter.Next() && (head == 0 || n < head); n++ {
		row, err := iter.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, ErrRosterDamaged
		}
		if len(row) == 0 {
			continue // sheets often trail a million formatted, empty rows
		}
		if n >= rosterRows || len(row) > rosterColumns {
			return nil, ErrRosterSize
		}
		for i := range row {
			row[i] = wholeNumber(row[i])
		}
		for len(rows) < n {
			rows = append(rows, nil)
		}
		rows = append(rows, row)
	}
	if iter.Error() != nil {
		return nil, ErrRosterDamaged
	}
	return rows, nil
}

var scientific = regexp.MustCompile(`^[0-9](\.[0-9]+)?E\+?[0-9]{1,2}$`)

// wholeNumber writes a number cell the way it was typed: Excel stores 202600010001 as
// 2.02600010001E+11. A spreadsheet keeps 15 digits; a longer one (an ID number) has lost its end
// and stays as it is, for ParseRoster to refuse.
func wholeNumber(cell string) string {
	if !scientific.MatchString(cell) {
		return cell
	}
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil || f >= 1e15 || f != math.Trunc(f) {
		return cell
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
