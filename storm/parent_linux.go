package main

import "syscall"

// endWithParent makes a process end when the storm dies without cleaning
// a test times out.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
