package intake

// The sentences a roster's problems are told in, and the words a roster is written with. They
// stand here, not in templates, because they are part of what reading a roster means: staff see
// them beside a line and a column, in the terminal as well as on the page. No sentence repeats
// what a cell holds.
const (
	wordNoHeader         = "没有找到表头行。前 5 行里应有一行写着：%s"
	wordNoColumn         = "缺少这一列"
	wordColumnTwice      = "这一列出现了两次，请只留一列"
	wordUnknownColumn    = "不认识这一列。可以用的列名：%s"
	wordUntitledColumn   = "第 %d 列有内容但没有列名"
	wordUnreadableTitle  = "第 %d 列"
	wordNoRows           = "表头下面没有考生"
	wordMissing          = "没有填写"
	wordBeyondHeader     = "这一行的格子比表头多，可能错位了"
	wordExcelNumber      = "被 Excel 改成了科学计数法，末尾数字已丢失。请把该列设为“文本”格式后重新粘贴"
	wordExcelError       = "单元格里是 Excel 的错误提示，请填写真实内容"
	wordNumberShape      = "只能用数字、字母和短横线，最多 32 位"
	wordExcelDate        = "像是日期：报名号可能被 Excel 改掉了，请把该列设为“文本”格式后重新粘贴"
	wordMisplaced        = "这一列的内容像是%s，请检查列名和内容是否对应"
	wordNumberTwice      = "与第 %d 行的报名号相同"
	wordIDTwice          = "与第 %d 行的证件号码相同"
	wordNameShape        = "应为姓名，含有不能用的字符，或超过 40 个字"
	wordIDType           = "不认识这种证件。可以填：%s"
	wordIDOld            = "是 15 位旧号码，请填 18 位"
	wordIDLength         = "身份证号码应为 18 位，前 17 位是数字，末位是数字或 X"
	wordIDBirth          = "身份证号码里的出生日期不对"
	wordIDChecksum       = "身份证号码的校验位不对，请核对"
	wordIDExcelZeros     = "身份证号码的校验位不对。末三位是 000，像是 Excel 丢了数字，请把该列设为“文本”格式后重新粘贴"
	wordIDExcelMore      = "末三位是 000，同一列里别的号码已被 Excel 改掉，这一个也可能是。请把该列设为“文本”格式后重新粘贴，并核对"
	wordIDShape          = "证件号码里有不能用的字符，或长度不是 5 到 20 位"
	wordPhone            = "应为 1 开头的 11 位手机号"
	wordSite             = "没有这个考点代码。可以填：%s"
	wordNotAmong         = "应为以下之一：%s"
	wordYesNo            = "应填“是”或“否”"
	wordWholeNumber      = "应为 %d 到 %d 的整数"
	wordUnknownAttribute = "本季没有这一项"
	wordAttributeTwice   = "这一项给了两次"

	wordForeignSite   = "不是本考点的考生，不能导入"
	wordForeignNumber = "这个报名号不归本考点，不能导入，请联系考区"

	wordHiddenDiffers = "（中间几位不同）"
	wordOnRoster      = "名单"
	wordWithdrawn     = "已不在名单"
	wordListed        = "在名单"
	wordNothing       = "—"
	wordYes           = "是"
	wordNo            = "否"
	wordSupposed      = "（默认）"
)

// The columns every roster may have besides the season's attributes.
const (
	columnNumber   = "报名号"
	columnName     = "姓名"
	columnIDType   = "证件类型"
	columnIDNumber = "证件号码"
	columnPhone    = "手机号"
	columnSite     = "考点代码"
)

var rosterColumns = []string{columnNumber, columnName, columnIDType, columnIDNumber, columnPhone, columnSite}

// rosterRequired are the columns a roster cannot do without; 证件类型 is 居民身份证 when absent.
// Attributes without a default are required as well.
var rosterRequired = []string{columnNumber, columnName, columnIDNumber, columnPhone, columnSite}

// rosterTitleAliases are other names for the columns seen in rosters.
var rosterTitleAliases = map[string]string{
	"报名序号": columnNumber, "报名编号": columnNumber, "网报号": columnNumber, "网报序号": columnNumber, "考生号": columnNumber, "考生编号": columnNumber,
	"考生姓名": columnName, "名字": columnName,
	"身份证明类型": columnIDType, "证件类别": columnIDType, "证件种类": columnIDType,
	"身份证号": columnIDNumber, "身份证号码": columnIDNumber, "证件号": columnIDNumber, "证件编号": columnIDNumber, "有效证件号码": columnIDNumber,
	"身份证明编号": columnIDNumber, "公民身份号码": columnIDNumber,
	"手机": columnPhone, "手机号码": columnPhone, "移动电话": columnPhone, "联系电话": columnPhone, "联系手机": columnPhone, "电话": columnPhone,
	"考点": columnSite, "考点编号": columnSite, "考点名称": columnSite, "报名考点": columnSite,
}

var rosterYesNo = map[string]bool{
	"是": true, "有": true, "y": true, "yes": true, "true": true, "1": true,
	"否": false, "无": false, "n": false, "no": false, "false": false, "0": false,
}

const (
	idCitizen   = "居民身份证"
	idResidence = "港澳台居民居住证" // 18 characters, built like 居民身份证
	idOfficer   = "军官证"
)

// rosterIDTypes are the documents a candidate may register with, in the order they are told.
var rosterIDTypes = []string{idCitizen, idResidence, "港澳居民来往内地通行证", "台湾居民来往大陆通行证",
	"护照", "外国人永久居留身份证", idOfficer}

// rosterIDAliases are other names for them seen in rosters.
var rosterIDAliases = map[string]string{
	"身份证": idCitizen, "二代身份证": idCitizen, "第二代身份证": idCitizen, "第二代居民身份证": idCitizen, "二代居民身份证": idCitizen,
	"居住证": idResidence, "港澳居民居住证": idResidence, "台湾居民居住证": idResidence,
	"港澳通行证": "港澳居民来往内地通行证", "回乡证": "港澳居民来往内地通行证",
	"台湾通行证": "台湾居民来往大陆通行证", "台胞证": "台湾居民来往大陆通行证",
	"外国护照": "护照", "永久居留证": "外国人永久居留身份证", "外国人永久居留证": "外国人永久居留身份证",
}
