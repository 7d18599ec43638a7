package handlers

// Routes lists every route as "METHOD path", for the access table.
func Routes() []string {
	var all []string
	for _, r := range (&House{}).routes() {
		all = append(all, r.method+" "+r.path)
	}
	return all
}
