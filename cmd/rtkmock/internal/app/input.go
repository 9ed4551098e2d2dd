package app

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/files"
)

// Stdin stands for standard input among the names of files to read.
const Stdin = "-"

// InputName is how messages call a file to read.
func InputName(file string) string {
	if file == Stdin {
		return "standard input"
	}
	return file
}

// OpenInput opens a file, or standard input until ctx ends, for who: the verb or
// the flag that an error begins with; it may be empty. The size is 0 where it is
// not known.
func (a *App) OpenInput(ctx context.Context, who, file string) (in io.ReadCloser, size int64, err error) {
	if file == Stdin {
		return a.stdin(ctx), 0, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, badInput(who, file, err)
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, nil
}

// ReadInput returns at most limit bytes of a file or of standard input.
func (a *App) ReadInput(ctx context.Context, who, file string, limit int64) ([]byte, error) {
	in, _, err := a.OpenInput(ctx, who, file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := files.ReadAll(in, limit)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, exit.ErrInterrupted
	case err != nil:
		return nil, badInput(who, file, err)
	}
	return data, nil
}

func badInput(who, file string, err error) error {
	if who != "" {
		who += ": "
	}
	return exit.Usagef("%s%s: %s", who, InputName(file), files.Problem(err))
}

// CheckFiles has check read each of the files, or standard input where there are
// none. An error of check ends it; a file that cannot be read does not.
func (a *App) CheckFiles(ctx context.Context, verb string, names []string, limit int64, check func(name string, data []byte) (valid bool, err error)) error {
	if len(names) == 0 {
		if a.InIsTTY {
			return exit.Usagef("%s: found no file, want FILE…, or - for standard input", verb)
		}
		names = []string{Stdin}
	}
	if err := OneStdin(verb, names); err != nil {
		return err
	}
	code := exit.OK
	for _, file := range names {
		data, err := a.ReadInput(ctx, "", file, limit)
		if exit.Is(err, exit.Usage) {
			a.Notef("%s", err)
			code = exit.Usage
			continue
		}
		if err != nil {
			return err
		}
		valid, err := check(InputName(file), data)
		if err != nil {
			return err
		}
		if !valid && code == exit.OK {
			code = exit.Nonconformant
		}
	}
	return exit.Silent(code)
}

// OneStdin refuses standard input that is to be read twice.
func OneStdin(verb string, names []string) error {
	if i := slices.Index(names, Stdin); i >= 0 && slices.Contains(names[i+1:], Stdin) {
		return exit.Usagef("%s: standard input (-) is given twice", verb)
	}
	return nil
}

// stdin is standard input until ctx ends. A read of a terminal or a pipe would go
// on.
func (a *App) stdin(ctx context.Context) io.ReadCloser {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(exit.ErrInterrupted) })
	go func() {
		_, err := io.Copy(w, a.In)
		w.CloseWithError(err)
	}()
	return r
}

// InputArg is the file that a verb reads: its argument, or standard input where
// there is none and somebody pipes into it.
func (a *App) InputArg(verb string, args []string) (string, error) {
	switch {
	case len(args) > 0:
		return args[0], nil
	case a.InIsTTY:
		return "", exit.Usagef("%s: found no file, want FILE, or - for standard input", verb)
	}
	return Stdin, nil
}
