package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is one that the storm has started. Whatever happens, it ends with the storm.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func start(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = endWithParent()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &process{cmd, make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.ended)
	}()
	return p, nil
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// stop asks the process to end and kills it when it does not.
func (p *process) stop(patience time.Duration) (orderly bool) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.ended:
		return true
	case <-timer.C:
		p.kill()
		return false
	}
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// fake is a vendor in a process of its own.
type fake struct {
	*process
	places

	stdin  io.Closer
	client *http.Client
}

// startFake runs this program again as a fake and waits until it listens.
func startFake(ctx context.Context, role string, t task) (*fake, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(t) //nolint:gosec // the secret of a fake
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, roleArg, role, string(text)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	cmd.Stdout = in
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.ended
		_ = in.Close() // it never fails
	}()
	f := &fake{process: p, stdin: stdin, client: &http.Client{Timeout: time.Minute}}
	if err := json.NewDecoder(out).Decode(&f.places); err != nil {
		p.kill()
		return nil, fmt.Errorf("start the fake %s: %w", role, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return f, nil
}

func (f *fake) close() {
	_ = f.stdin.Close() // it may have ended
	f.kill()
	f.client.CloseIdleConnections()
}

// ask calls the control port.
func (f *fake) ask(ctx context.Context, what string, q, answer any) error {
	raw, err := json.Marshal(q)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.Control+"/"+what, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask a fake to %s: %w", what, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("ask a fake to %s: %s", what, text)
	}
	if answer == nil {
		answer = new(any)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("ask a fake to %s: %w", what, err)
	}
	return nil
}

// logFile is what a process writes. Its text outlives the process.
type logFile struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logFile) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
