package templates

import _ "embed"

// WhichWay is what stands above the two ways a picture may be up: 「哪张是正的？回复 1 或 2」, and the
// two numbers. Set in Noto Sans CJK SC.
//
//go:embed pictures/which-way.png
var WhichWay []byte
