package intake

import (
	"regexp"
	"strings"
	"time"
)

// Identity numbers follow GB 11643-1999: 6 digits of region, 8 of birth date, 3 of sequence, and
// a check character by ISO 7064 MOD 11-2.
var (
	idNumberShape  = regexp.MustCompile(`^[0-9]{17}[0-9X]$`)
	idOldShape     = regexp.MustCompile(`^[0-9]{15}$`)
	idForeignShape = regexp.MustCompile(`^[0-9A-Z()]{5,20}$`)
	idOfficerShape = regexp.MustCompile(`^[0-9A-Z\p{Han}()]{5,20}$`)

	idWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
)

// ProofIn finds the characters that prove who binds in what people type for them: those alone,
// or the whole identity number. ok is false when it is neither.
func ProofIn(typed string) (proof string, ok bool) {
	typed = strings.ToUpper(typed)
	switch {
	case len(typed) == ProofLength:
		return typed, true
	case idNumberShape.MatchString(typed):
		return typed[len(typed)-ProofLength:], true
	}
	return "", false
}

// IsIDNumber says whether a text has the shape of an 18-character identity number.
func IsIDNumber(text string) bool { return idNumberShape.MatchString(strings.ToUpper(text)) }

const idCheckCharacters = "10X98765432"

// checkIDNumber gives what is wrong with a cleaned, upper-case number, "" when nothing is. Nobody
// registers who was born after the season opens.
func checkIDNumber(idType, number string, opens time.Time) string {
	switch {
	case idType == idOfficer:
		if !idOfficerShape.MatchString(number) {
			return wordIDShape
		}
		return ""
	case idType != idCitizen && idType != idResidence:
		if !idForeignShape.MatchString(number) {
			return wordIDShape
		}
		return ""
	case idOldShape.MatchString(number):
		return wordIDOld
	case !idNumberShape.MatchString(number):
		return wordIDLength
	}
	born, err := time.ParseInLocation("20060102", number[6:14], opens.Location())
	sum := 0
	for i, weight := range idWeights {
		sum += weight * int(number[i]-'0')
	}
	switch wrong := idCheckCharacters[sum%11] != number[17]; {
	case wrong && strings.HasSuffix(number, "000"):
		return wordIDExcelZeros
	case err != nil || born.Year() < 1900 || born.After(opens):
		return wordIDBirth
	case wrong:
		return wordIDChecksum
	}
	return ""
}
