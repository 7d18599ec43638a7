package apptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

// Person is a made-up candidate of the tests' roster. The ID numbers carry the area code
// 990000, which no real one has.
type Person struct {
	Number, Name, ID, Phone, Site string
	More                          map[string]string // other columns by Chinese name
}

// IDTail are the last six characters, which prove who binds.
func (p Person) IDTail() string { return p.ID[len(p.ID)-intake.ProofLength:] }

// known is a roster row that leaves nothing to ask.
func known(unit string) map[string]string {
	return map[string]string{
		"单位等级": unit, "报考途径": "直接报考", "学历": "本科", "毕业院校所在地": "大陆", "有学位证书": "是", "专升本": "否",
		"应届毕业生": "否", "当年毕业研究生": "否", "军人身份": "否", "居民身份": "大陆", "试用单位数": "1", "执业注册有变更": "否",
	}
}

// People of the tests: the roster knows all about the first and little about the others; two at one site, one at another, one who need not upload.
var People = withIDs([]Person{
	{Number: "2611010001", Name: "林知夏", ID: "99000019910417003X", Phone: "13900000001", Site: "110101", More: known("三级")},
	{Number: "2611010002", Name: "周慕白", ID: "", Phone: "13900000002", Site: "110101"},
	{Number: "2611050003", Name: "沈清和", ID: "", Phone: "13900000003", Site: "110105"},
	{Number: "2611010004", Name: "顾长风", ID: "", Phone: "13900000004", Site: "110101", More: map[string]string{"军人身份": "现役军人"}},
})

func withIDs(people []Person) []Person {
	for i := range people {
		if people[i].ID == "" {
			people[i].ID = idNumber(fmt.Sprintf("9900001990%02d15%03d", i+1, i+101))
		}
	}
	return people
}

// idNumber adds the check character of GB 11643 to 17 digits.
func idNumber(digits string) string {
	sum := 0
	for i, r := range digits {
		sum += int(r-'0') * (1 << (17 - i) % 11)
	}
	return digits + string("10X98765432"[sum%11])
}

// RosterCSV is a roster file of these people.
func RosterCSV(people []Person) string {
	var more []string
	for _, p := range people {
		for name := range p.More {
			if !slices.Contains(more, name) {
				more = append(more, name)
			}
		}
	}
	columns := []string{"报名号", "姓名", "证件类型", "证件号码", "手机号", "考点代码", "级别", "类别"}
	lines := []string{strings.Join(append(columns, more...), ",")}
	for _, p := range people {
		cells := []string{p.Number, p.Name, "居民身份证", p.ID, p.Phone, p.Site, "执业", "临床"}
		for _, name := range more {
			cells = append(cells, p.More[name])
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return strings.Join(lines, "\n") + "\n"
}

// Import brings people, or all of the tests', into the program by its own roster import.
func (w *World) Import(t testing.TB, people ...Person) {
	t.Helper()
	if len(people) == 0 {
		people = People
	}
	Guard(people)
	report, err := w.Desk.ImportRoster(t.Context(), strings.NewReader(RosterCSV(people)), review.ImportOptions{})
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("import: %v %v", err, report.Problems)
	}
}

// Password of every staff account made by AddStaff.
const Password = "测试用的长口令-2026"

// AddStaff makes an account.
func (w *World) AddStaff(t testing.TB, name string, role intake.Role, site string) intake.Staff {
	t.Helper()
	staff, err := w.Desk.AddStaff(t.Context(), review.NewStaff{Name: name, Role: role, Site: site, Password: Password})
	if err != nil {
		t.Fatal(err)
	}
	return staff
}

// Someone is one of many more made-up people, all of whose attributes the roster knows.
func Someone(i int) Person {
	return Person{
		Number: fmt.Sprintf("27110%05d", i), Name: "考生", ID: idNumber(fmt.Sprintf("99000019910101%03d", i%1000)),
		Phone: fmt.Sprintf("139100%05d", i), Site: "110101", More: known("二级"),
	}
}

// Binding is what a candidate types to bind and to confirm the phone.
func Binding(p Person) []string { return []string{p.Number + " " + p.IDTail(), "对"} }
