package app

import "runtime"

// headroom is memory that is reserved and never touched, so it takes addresses only. The collector runs whenever the heap
// has doubled, and ours is a few megabytes while nobody sends photos: it would run at every hundredth message, and cost a
// third of its turn. With headroom, it runs once for as many bytes more.
const headroom = 64 << 20

// withHeadroom runs f with it.
func withHeadroom(f func()) {
	room := make([]byte, headroom)
	f()
	runtime.KeepAlive(room)
}
