package redistest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Disk is what of the server's append-only file was on the disk at some moment.
type Disk map[string]int64

// Disk returns what is there now.
func (s *Server) Disk() Disk {
	s.t.Helper()
	now := Disk{}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".aof") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			now[path] = info.Size()
		}
		return err
	})
	if err != nil {
		s.t.Fatalf("Server.Disk: %v", err)
	}
	return now
}

// LosePower ends the server and runs it again with no more than was on the disk at some moment before. The
// append-only file must not have been rewritten since.
func (s *Server) LosePower(then Disk) {
	s.t.Helper()
	s.kill()
	for path, size := range s.Disk() {
		was, known := then[path]
		if !known {
			s.t.Fatalf("Server.LosePower: %s was not there", path)
		}
		if was < size {
			if err := os.Truncate(path, was); err != nil {
				s.t.Fatalf("Server.LosePower: %v", err)
			}
		}
	}
	s.Restart()
}
