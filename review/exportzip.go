package review

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"cailiao/intake"
)

// ExportPhotos writes a ZIP of the photos that count, each as its upright copy within the size
// limit, in one folder per candidate, named as the season says; behind every 2000 candidates, and at
// the end, lies an index of them as .csv and .xlsx. It goes straight to where begin says, photo by
// photo: only that index, packed, and the archive's own directory, some hundred bytes a photo, are
// kept in memory, nothing on disk.
// Errors: intake.ErrNotFound (a site, state or candidate that is none, or not the account's).
func (d *Desk) ExportPhotos(ctx context.Context, e Export, begin func() io.Writer) (Exported, error) {
	e, err := d.bounded(ctx, e)
	if err != nil {
		return Exported{}, err
	}
	columns, err := e.Words("index columns", nil)
	if err != nil {
		return Exported{}, err
	}
	z := photoZip{desk: d, export: e, file: zip.NewWriter(begin()), index: newSpool(), when: d.now(), columns: columns}
	so, err := d.walk(ctx, e, walk{
		action: ActionExportPhotos, finish: z.close,
		each: func(c intake.Case, so *Exported) error { return z.candidate(ctx, c, so) },
	})
	if err != nil {
		return so, fmt.Errorf("export photos: %w", err)
	}
	return so, nil
}

// photoZip is a ZIP of photos being written.
type photoZip struct {
	desk   *Desk
	export Export
	file   *zip.Writer
	index  *spool
	when   time.Time

	columns []string // of the index
	parts   int      // of it, written
}

// indexStep is how many candidates one index speaks of.
const indexStep = 2000

func (z *photoZip) entry(name string, method uint16) (io.Writer, error) {
	w, err := z.file.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: z.when})
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return w, nil
}

// close writes what is left of the index and ends the archive.
func (z *photoZip) close() error {
	if err := z.writeIndex(); err != nil {
		return err
	}
	return z.file.Close()
}

// writeIndex writes the index of what came since the last one: index.csv and index.xlsx, then
// index-2.csv and so on.
func (z *photoZip) writeIndex() error {
	name := "index"
	if z.parts++; z.parts > 1 {
		name += "-" + strconv.Itoa(z.parts)
	}
	for _, format := range TableFormats {
		w, err := z.entry(name+"."+string(format), zip.Deflate)
		if err != nil {
			return err
		}
		table, err := NewTable(w, format, z.columns)
		if err != nil {
			return err
		}
		if err := z.index.each(func(row []string) error { return table.Row(row...) }); err != nil {
			return err
		}
		if err := table.Close(); err != nil {
			return err
		}
	}
	z.index = newSpool()
	return nil
}

// candidate writes one candidate's folder. Who has no photo has none.
func (z *photoZip) candidate(ctx context.Context, c intake.Case, so *Exported) error {
	if len(c.Photos) == 0 {
		return nil
	}
	if so.Candidates > 0 && so.Candidates%indexStep == 0 {
		if err := z.writeIndex(); err != nil {
			return err
		}
	}
	so.Candidates++
	folder := z.desk.Season.Naming.FolderOf(c.Candidate)
	for _, m := range z.desk.materialsOf(c) {
		for i, p := range c.PhotosOf(m.Code) {
			name := folder + "/" + z.desk.Season.Naming.FileOf(c.Candidate, m, i+1)
			sha, n, err := z.photo(ctx, name, p)
			missing := errors.Is(err, intake.ErrNotFound)
			switch {
			case missing:
				so.Missing++
			case err != nil:
				return fmt.Errorf("photo %d: %w", p.ID, err)
			default:
				so.Photos++
				so.Bytes += int64(n)
			}
			if err := z.line(c, m, indexed{name: name, seq: i + 1, photo: p, sha: sha, bytes: n, Missing: missing}); err != nil {
				return err
			}
		}
	}
	return nil
}

// materialsOf are the materials of a case's photos, in the season's order; those the season no
// longer has come last.
func (d *Desk) materialsOf(c intake.Case) []intake.Material {
	var own []intake.Material
	for _, m := range d.withStrays(d.Season.Materials, c) {
		if slices.ContainsFunc(c.Photos, func(p intake.Photo) bool { return p.Material == m.Code }) {
			own = append(own, m)
		}
	}
	return own
}

// photo writes one copy; intake.ErrNotFound when there is none.
func (z *photoZip) photo(ctx context.Context, name string, p intake.Photo) (sha string, n int, err error) {
	if p.Copy == "" {
		return "", 0, intake.ErrNotFound
	}
	data, err := z.desk.Blobs.Get(ctx, p.Copy)
	if err != nil {
		return "", 0, err
	}
	w, err := z.entry(name, zip.Store) // a JPEG does not get smaller
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256(data)
	n, err = w.Write(data)
	return hex.EncodeToString(sum[:]), n, err
}

// indexed is one line of the index.
type indexed struct {
	name    string
	seq     int
	photo   intake.Photo
	sha     string
	bytes   int
	Missing bool
}

func (z *photoZip) line(c intake.Case, m intake.Material, i indexed) error {
	line := intake.Line{Material: m, Item: c.Item(m.Code), Photos: c.PhotosOf(m.Code)}
	state, err := z.export.word("item", line)
	if err != nil {
		return err
	}
	verdicts, err := z.export.word("verdicts", i.photo.Verdicts)
	if err != nil {
		return err
	}
	remark, err := z.export.word("index remark", i)
	if err != nil {
		return err
	}
	return z.index.add([]string{
		i.name, c.Candidate.Number, c.Candidate.Name, c.Candidate.Site, m.Code, m.Name, strconv.Itoa(i.seq), strconv.Itoa(i.photo.Round),
		i.sha, strconv.Itoa(i.bytes), strconv.Itoa(i.photo.Width), strconv.Itoa(i.photo.Height), state, verdicts, z.desk.clock(i.photo.ReceivedAt), remark,
	})
}

// spool keeps rows packed.
type spool struct {
	packed bytes.Buffer
	pack   *flate.Writer
	rows   *csv.Writer
}

func newSpool() *spool {
	s := &spool{}
	s.pack, _ = flate.NewWriter(&s.packed, flate.BestSpeed) // the level is one
	s.rows = csv.NewWriter(s.pack)
	return s
}

func (s *spool) add(row []string) error { return s.rows.Write(row) }

func (s *spool) each(do func(row []string) error) error {
	s.rows.Flush()
	if err := errors.Join(s.rows.Error(), s.pack.Close()); err != nil { // a second Close does nothing
		return fmt.Errorf("index: %w", err)
	}
	rows := csv.NewReader(flate.NewReader(bytes.NewReader(s.packed.Bytes())))
	rows.ReuseRecord, rows.FieldsPerRecord = true, -1
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		if err := do(row); err != nil {
			return err
		}
	}
}
