package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// childArg is the first argument of a process that plays a role for the harness.
const childArg = "child"

// gcPercent is what the service's binary sets. The peers and the bare loops have it too: it is no merit of
// a queue.
const gcPercent = 400

// role is what a process of the harness does with its task, a JSON document. It writes JSON
// documents to out and, when it serves, ends with its standard input.
type role func(ctx context.Context, task []byte, out *json.Encoder) error

func runRole(ctx context.Context, name, task string, stdout io.Writer) error {
	roles := map[string]role{
		"serve": serve, "load": load, "flow": flowStub, "drain": drainRole,
		"omnium": omniumRole, "pos": posRole,
	}
	play, ok := roles[name]
	if !ok {
		return fmt.Errorf("no role %q", name)
	}
	if _, ok := os.LookupEnv("GOGC"); !ok {
		debug.SetGCPercent(gcPercent)
	}
	return play(ctx, []byte(task), json.NewEncoder(stdout))
}

// child is a process of the harness.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
	errs  *bytes.Buffer
}

// spawn starts this program again in a role.
func spawn(ctx context.Context, name string, task any) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(task)
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(ctx, self, childArg, name, string(raw)))
}

// start runs cmd, which ends with the harness at the latest.
func start(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, errs: &bytes.Buffer{}}
	cmd.Stderr = c.errs
	endWithParent(cmd)
	var err error
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(bufio.NewReader(stdout))
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// read waits for the next document of the child.
func (c *child) read(v any) error {
	if err := c.out.Decode(v); err != nil {
		c.kill()
		return fmt.Errorf("%s: %w; it said: %s", strings.Join(c.cmd.Args[1:], " "), err, c.errs)
	}
	return nil
}

// stop ends the child by closing its input and waits for it.
func (c *child) stop() {
	_ = c.stdin.Close()
	timer := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	_ = c.cmd.Wait() // what it had to say it has said
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// once runs a role that ends by itself and returns its only document in v.
func once(ctx context.Context, name string, task, v any) error {
	c, err := spawn(ctx, name, task)
	if err != nil {
		return err
	}
	if err := c.read(v); err != nil {
		return err
	}
	c.stop()
	return nil
}

// untilEOF blocks until the harness closes this process's input.
func untilEOF() { _, _ = io.Copy(io.Discard, os.Stdin) }

// cpuOf returns the processor time that a process has used, in user and kernel mode, from
// /proc/PID/stat.
func cpuOf(pid int) (time.Duration, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold blanks; utime and stime are fields 14 and 15.
	_, rest, ok := bytes.Cut(raw, []byte(") "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: unexpected format", pid)
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/%d/stat: %w", pid, err)
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / perSecond, nil
}

// endWithParent sees to it that nothing is left behind when the harness is killed.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
