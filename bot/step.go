package bot

// Step is a named point on a message's way, at which tests of faults kill the program.
type Step struct {
	Name  string
	Photo bool // only photos come by
	Late  bool // only when the answer misses WeChat's five seconds
}

// Steps are all of them, in the order in which a message comes by.
var Steps = []Step{
	{Name: "received"},              // nothing is recorded
	{Name: "recorded"},              // WeChat does not know yet
	{Name: "locked"},                // the person's turn is ours
	{Name: "loaded"},                //
	{Name: "fetching", Photo: true}, //
	{Name: "fetched", Photo: true},  // the bytes are in memory only
	{Name: "judged", Photo: true},   //
	{Name: "storing", Photo: true},  // one of four blobs is stored
	{Name: "stored", Photo: true},   // all are, and no row points at them
	{Name: "saving"},                // all written and not committed; a reply alone is not yet written
	{Name: "saved"},                 // committed; WeChat does not know yet
	{Name: "answering"},             // the reply is about to be written
	{Name: "telling", Late: true},   // marked as told, and not told
	{Name: "told", Late: true},      // WeChat has the words
}

// step calls the hook of a test. In production there is none: one comparison.
func (b *Bot) step(name string) {
	if b.Step != nil {
		b.Step(name)
	}
}
