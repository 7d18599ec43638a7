package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// ofACore gives a process a share of one core, by a control group of its own, which goes away with undo. It needs root
// and the kernel's control groups (version 1 or 2).
func ofACore(pid int, share float64) (undo func() error, err error) {
	const root, period = "/sys/fs/cgroup", 10_000 // microseconds
	quota := strconv.Itoa(int(share * period))
	dir, limits := filepath.Join(root, "cpu"), map[string]string{"cpu.cfs_period_us": strconv.Itoa(period), "cpu.cfs_quota_us": quota}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		dir, limits = root, map[string]string{"cpu.max": fmt.Sprint(quota, " ", period)}
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
			return nil, err
		}
	}
	own := filepath.Join(dir, fmt.Sprint("cailiao-bench-", pid))
	if err := os.Mkdir(own, 0o755); err != nil {
		return nil, err
	}
	undo = func() error { return os.Remove(own) }
	for name, value := range limits {
		err = errors.Join(err, os.WriteFile(filepath.Join(own, name), []byte(value), 0))
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0))
	if err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}
