package codec

import (
	"cmp"
	"slices"
)

// codebook is a Huffman table made for one picture, as DHT wants it and as the writer uses it.
type codebook struct {
	code    [256]uint16
	size    [256]uint8
	counts  [16]byte
	symbols []byte
}

// newCodebook makes the shortest codes of at most 16 bits, leaving the code of all ones unused
// (T.81 K.2).
func newCodebook(freq *[257]int32) *codebook {
	lengths, _ := codeLengths(freq)
	b := new(codebook)
	for n := 1; n <= 16; n++ {
		for s, length := range lengths {
			if int(length) == n {
				b.symbols = append(b.symbols, byte(s))
				b.counts[n-1]++
			}
		}
	}
	code, k := uint16(0), 0
	for n := 1; n <= 16; n++ {
		for range b.counts[n-1] {
			b.code[b.symbols[k]], b.size[b.symbols[k]] = code, uint8(n)
			code++
			k++
		}
		code <<= 1
	}
	return b
}

// codeLengths is the length of each symbol's code, 0 for those that do not occur, and how many
// occur.
func codeLengths(freq *[257]int32) (lengths [256]uint8, used int) {
	// Entry 256 is a symbol rarer than all: it ends up with the all-ones code, and is left out.
	type node struct {
		weight int64
		symbol int // of a leaf; -1
		parent int
	}
	nodes := make([]node, 0, 2*257)
	for s, f := range freq[:256] {
		if f > 0 {
			nodes = append(nodes, node{weight: int64(f), symbol: s, parent: -1})
		}
	}
	used = len(nodes)
	if used == 0 {
		return lengths, 0
	}
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Or(cmp.Compare(a.weight, b.weight), b.symbol-a.symbol) })
	nodes = slices.Insert(nodes, 0, node{weight: 0, symbol: 256, parent: -1})
	leaves := len(nodes)
	// Two queues, both in order of weight: leaves not yet joined, and joins.
	leaf, join := 0, leaves
	pick := func() int {
		if join >= len(nodes) || leaf < leaves && nodes[leaf].weight <= nodes[join].weight {
			leaf++
			return leaf - 1
		}
		join++
		return join - 1
	}
	for range leaves - 1 {
		a := pick()
		b := pick()
		nodes[a].parent, nodes[b].parent = len(nodes), len(nodes)
		nodes = append(nodes, node{weight: nodes[a].weight + nodes[b].weight, symbol: -1, parent: -1})
	}
	// Depths from the root down, then the lengths in use.
	depth := make([]int, len(nodes))
	var counts [257]int
	for i := len(nodes) - 2; i >= 0; i-- {
		depth[i] = depth[nodes[i].parent] + 1
		if i < leaves {
			counts[depth[i]]++
		}
	}
	limit16(&counts)
	// Leaves are in rising weight: the longest codes go to the first of them.
	n := 256
	for i := range leaves {
		for counts[n] == 0 {
			n--
		}
		counts[n]--
		if s := nodes[i].symbol; s < 256 {
			lengths[s] = uint8(n)
		}
	}
	return lengths, used
}

// limit16 shortens codes over 16 bits (T.81 figure K.3): two siblings at depth i become one at
// i-1, and a shorter code splits to make room.
func limit16(counts *[257]int) {
	for i := 256; i > 16; i-- {
		for counts[i] > 0 {
			j := i - 2
			for counts[j] == 0 {
				j--
			}
			counts[i] -= 2
			counts[i-1]++
			counts[j+1] += 2
			counts[j]--
		}
	}
}
