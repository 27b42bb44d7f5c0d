package redistest

import "syscall"

// endWithParent makes the server end when the test process dies without cleaning up, as it does when
// a test times out.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
