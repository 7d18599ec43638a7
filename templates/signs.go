package templates

import (
	"regexp"
	"strings"
	"unicode"
)

// faces are WeChat's own, as they come in texts.
var faces = regexp.MustCompile(`\[(?:强|OK|Ok|抱拳|合十|握手|鼓掌|玫瑰|爱心|微笑|愉快|呲牙|憨笑|偷笑|可怜|流泪|大哭|捂脸|破涕为笑|嘿哈|耶|胜利|加油|太阳|庆祝|旺柴|Emm|疑问|尴尬|发呆|叹气|衰|苦涩|裂开|好的|666)\]`)

// unsigned leaves faces and emoji out of a text; a number in a box stays a number.
func unsigned(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.So, r) && r != '✓' || r >= 0x1F3FB && r <= 0x1F3FF || r == 0x200D || r == 0x20E3 || r == 0xFE0F {
			return -1
		}
		return r
	}, faces.ReplaceAllString(text, ""))
}

// traditional are characters of the words we know, as Hong Kong, Macao and Taiwan write them, each before its simplified form.
const traditional = "證证謝谢進进畢毕業业學学歷历職职執执醫医師师書书單单報报號号時时間间過过還还請请問问幫帮轉转聯联繫系係系電电話话調调圖图傳传換换刪删確确認认對对錯错沒没這这項项張张開开關关鍵键試试" +
	"專专區区點点給给嗎吗麼么樣样題题見见審审覈核結结載载發发續续繼继訊讯資资變变應应屆届鄉乡鎮镇養养護护國国門门臺台灣湾內内實实際际裡里裏里連连遲迟後后級级類类別别複复製制掃扫繳缴費费" +
	"錢钱場场東东陽阳豐丰臨临簽签蓋盖備备註注冊册許许構构機机療疗練练習习導导帶带齊齐補补為为無无從从們们個个隱隐銷销權权協协議议說说讓让長长幾几碼码煩烦聽听買买賣卖簡简體体嚮向滿满願愿" +
	"種种經经"

var simple = func() *strings.Replacer {
	var pairs []string
	for _, r := range traditional {
		pairs = append(pairs, string(r))
	}
	return strings.NewReplacer(pairs...)
}()

func simplified(text string) string { return simple.Replace(text) }
