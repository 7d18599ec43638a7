//go:build !race

package bot_test

const albumPeople = 50
