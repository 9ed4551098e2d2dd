// Package meeting is "rtkmock meeting": it drives the meetings of a running
// "rtkmock serve" from a shell.
package meeting

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/command"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

// NewCommand returns the verb.
func NewCommand(a *app.App) *cobra.Command {
	return command.Group(&cobra.Command{
		Use:   "meeting",
		Short: "Let people join, leave and record in a running serve",
		Long: `Drive the meetings of a running "rtkmock serve": make them, let people join and leave, record,
stream. These are the things that happen in browsers, and that no call of the REST API does. Each
causes the webhooks that it causes in reality. Without a verb of its own it lists the meetings.

--control names the server; by default it is http://127.0.0.1:9010.

Exit codes: 0 done, 1 refused, such as somebody who leaves without having joined, 2 a mistake in
the command line, 3 no server there, 130 interrupted.`,
		Example: `  rtkmock meeting create standup --title Standup --record-on-start
  rtkmock meeting join standup Mary
  rtkmock meeting leave standup Mary
  rtkmock meeting show standup`,
	}, listCommand(a), createCommand(a), showCommand(a), joinCommand(a), leaveCommand(a), endCommand(a),
		recordCommand(a), streamCommand(a), advanceCommand(a), artifactCommand(a))
}

// subcommand returns a verb of meeting that talks to a server. run gets its words.
func subcommand(a *app.App, cmd *cobra.Command, min, max int, missing string, run func(*server, []string) error) *cobra.Command {
	s := &server{App: a}
	cmd.Args = command.Args(min, max, missing, "")
	if max == 0 {
		cmd.Args = nil
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s.ctx = cmd.Context()
		return run(s, args)
	}
	s.addFlags(cmd)
	return cmd
}

func listCommand(a *app.App) *cobra.Command {
	var search string
	cmd := subcommand(a, &cobra.Command{
		Use:   "list",
		Short: "List the meetings, and who is in them",
		Long:  "List the last 100 meetings, with who is in them. --search, --app and --account select.",
		Example: `  rtkmock meeting list
  rtkmock meeting list --output json`,
	}, 0, 0, "", func(s *server, _ []string) error {
		var out struct {
			Meetings []overview
			Total    int
		}
		var raw struct{ Meetings []json.RawMessage }
		query := url.Values{"account_id": {s.account}, "app_id": {s.app}, "search": {search}}
		data, err := s.call(http.MethodGet, "meetings?"+query.Encode(), nil, &out)
		if err != nil {
			return err
		}
		_ = json.Unmarshal(data, &raw) // it has just been read
		rows := [][]string{{"ID", "TITLE", "STATUS", "IN IT"}}
		for _, m := range out.Meetings {
			rows = append(rows, []string{terminal.OneLine(m.ID), terminal.OneLine(m.Title), m.state(), m.people()})
		}
		if more := out.Total - len(out.Meetings); more > 0 {
			s.Notef("older meetings that are not listed: %d; --search finds them", more)
		}
		return s.Listing(terminal.List(raw.Meetings), rows)
	})
	flags.String(cmd.Flags(), &search, "search", "TEXT", "those with this text in the id or the title")
	return cmd
}

func createCommand(a *app.App) *cobra.Command {
	var body struct {
		where
		ID        string  `json:"id,omitempty"`
		Title     string  `json:"title,omitempty"`
		Record    bool    `json:"record_on_start,omitempty"`
		Stream    bool    `json:"live_stream_on_start,omitempty"`
		Transcr   bool    `json:"transcribe_on_end,omitempty"`
		Summary   bool    `json:"summarize_on_end,omitempty"`
		KeepAlive float64 `json:"session_keep_alive_time_in_secs,omitempty"`
	}
	cmd := subcommand(a, &cobra.Command{
		Use:   "create [ID]",
		Short: "Make a meeting",
		Long:  "Make a meeting, as a call of the REST API does. Without an ID it gets one. It causes no webhook.",
		Example: `  rtkmock meeting create
  rtkmock meeting create standup --title Standup --transcribe-on-end`,
	}, 0, 1, "", func(s *server, args []string) error {
		body.where, body.ID = s.where(), command.Arg(args, 0)
		var m overview
		raw, err := s.call(http.MethodPost, "meetings", body, &m)
		if err != nil {
			return err
		}
		return s.Result(raw, func() { s.Printf("%s\n", terminal.OneLine(m.ID)) })
	})
	fs := cmd.Flags()
	flags.String(fs, &body.Title, "title", "TEXT", "its title; without it, one is made up")
	fs.BoolVar(&body.Record, "record-on-start", false, "record each session from its start")
	fs.BoolVar(&body.Stream, "live-stream-on-start", false, "stream each session from its start")
	fs.BoolVar(&body.Transcr, "transcribe-on-end", false, "make a transcript of each session")
	fs.BoolVar(&body.Summary, "summarize-on-end", false, "make a summary of each session")
	var seconds int
	flags.Count(fs, &seconds, "keep-alive", 0, 1, 86400, "seconds that a session lives after the last participant has left; without it, none")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		body.KeepAlive = float64(seconds)
		return run(cmd, args)
	}
	return cmd
}

func showCommand(a *app.App) *cobra.Command {
	return subcommand(a, &cobra.Command{
		Use:     "show ID",
		Short:   "Show a meeting, and who is in it",
		Long:    "Show a meeting, its live session and who is in it.",
		Example: `  rtkmock meeting show standup --output json`,
	}, 1, 1, "no meeting, want its id", func(s *server, args []string) error {
		var m overview
		raw, err := s.call(http.MethodGet, path("meetings", args[0]), nil, &m)
		if err != nil {
			return err
		}
		return s.Result(raw, func() {
			s.Printf("%s  %s\n", terminal.OneLine(m.ID), terminal.OneLine(m.Title))
			s.Printf("status   %s\n", m.state())
			if m.Session != nil {
				s.Printf("session  %s\n", m.Session.ID)
				s.Printf("in it    %s\n", m.people())
			}
		})
	})
}

// who are the flags that name a participant.
type who struct {
	where
	ParticipantID string `json:"participant_id,omitempty"`
	CustomID      string `json:"custom_participant_id,omitempty"`
	Name          string `json:"name,omitempty"`
}

// personCommand is join and leave.
func personCommand(a *app.App, verb string, cmd *cobra.Command) *cobra.Command {
	var body who
	cmd = subcommand(a, cmd, 1, 2, "no meeting, want its id", func(s *server, args []string) error {
		body.where, body.Name = s.where(), command.Arg(args, 1)
		return s.door(path("meetings", args[0], verb), body)
	})
	flags.String(cmd.Flags(), &body.ParticipantID, "participant", "ID", "who it is, by the id that the REST API gave")
	flags.String(cmd.Flags(), &body.CustomID, "custom-id", "ID", "who it is, by custom_participant_id")
	return cmd
}

func joinCommand(a *app.App) *cobra.Command {
	return personCommand(a, "join", &cobra.Command{
		Use:   "join ID [NAME]",
		Short: "Let somebody join",
		Long: `Let somebody join a meeting: a participant by --participant or --custom-id, or by NAME. Whom
nobody knows is added, and so is the meeting. Without any of them it is somebody new. The first
join begins a session.`,
		Example: `  rtkmock meeting join standup Mary
  rtkmock meeting join standup --custom-id user-7`,
	})
}

func leaveCommand(a *app.App) *cobra.Command {
	return personCommand(a, "leave", &cobra.Command{
		Use:     "leave ID [NAME]",
		Short:   "Let somebody leave",
		Long:    "Let somebody leave, named as with join; without a name, who came last. The last leave ends the session, after the keep-alive of the meeting.",
		Example: `  rtkmock meeting leave standup Mary`,
	})
}

func endCommand(a *app.App) *cobra.Command {
	return subcommand(a, &cobra.Command{
		Use:     "end ID",
		Short:   "End the session, as its host does",
		Long:    "End the session of a meeting: all leave, and meeting.ended says HOST_ENDED_MEETING.",
		Example: `  rtkmock meeting end standup`,
	}, 1, 1, "no meeting, want its id", func(s *server, args []string) error {
		return s.door(path("meetings", args[0], "end"), s.where())
	})
}

// action is the body of record and stream.
type action struct {
	where
	Action string `json:"action"`
}

// actionCommand is record and stream.
func actionCommand(a *app.App, door string, actions []string, cmd *cobra.Command) *cobra.Command {
	cmd = subcommand(a, cmd, 1, 2, "no meeting, want its id", func(s *server, args []string) error {
		what := "start"
		if len(args) > 1 {
			var err error
			if what, err = flags.OneOf(actions...)(args[1]); err != nil {
				return usage(cmd, err)
			}
		}
		var out struct {
			ID     string `json:"id"`
			Status string `json:"status"`
			Note   string `json:"note"`
		}
		raw, err := s.call(http.MethodPost, path("meetings", args[0], door), action{s.where(), what}, &out)
		if err != nil {
			return err
		}
		return s.Result(raw, func() {
			s.Printf("%s  %s\n", out.ID, out.Status)
			s.note(out.Note)
		})
	})
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) == 1 {
			return actions, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

func recordCommand(a *app.App) *cobra.Command {
	return actionCommand(a, "record", []string{"start", "stop", "pause", "resume"}, &cobra.Command{
		Use:   "record ID [start|stop|pause|resume]",
		Short: "Record the session",
		Long:  "Start a recording of the live session, or stop, pause or resume the active one. The line has the id and the status of the recording.",
		Example: `  rtkmock meeting record standup
  rtkmock meeting record standup stop`,
	})
}

func streamCommand(a *app.App) *cobra.Command {
	return actionCommand(a, "livestream", []string{"start", "stop"}, &cobra.Command{
		Use:     "stream ID [start|stop]",
		Short:   "Stream the session",
		Long:    "Start or stop the livestream of the live session. The line has the id and the status of the livestream.",
		Example: `  rtkmock meeting stream standup`,
	})
}

func advanceCommand(a *app.App) *cobra.Command {
	statuses := []string{"UPLOADING", "UPLOADED", "ERRORED"}
	cmd := &cobra.Command{}
	cmd = subcommand(a, &cobra.Command{
		Use:   "advance RECORDING [UPLOADING|UPLOADED|ERRORED]",
		Short: "Move a recording to its next status, or to another",
		Long:  "Move a recording to its next status without waiting, or to another one. RECORDING is its id, as record prints it.",
		Example: `  rtkmock meeting advance 1d0d5b1c-7a10-4c39-8f7e-6d5f5b6c7a10
  rtkmock meeting advance 1d0d5b1c-7a10-4c39-8f7e-6d5f5b6c7a10 ERRORED`,
	}, 1, 2, "no recording, want its id", func(s *server, args []string) error {
		body := struct {
			where
			Status string `json:"status,omitempty"`
		}{where: s.where()}
		if len(args) > 1 {
			var err error
			if body.Status, err = flags.OneOf(statuses...)(args[1]); err != nil {
				return usage(cmd, err)
			}
		}
		return s.door(path("recordings", args[0], "advance"), body)
	})
	return cmd
}

func artifactCommand(a *app.App) *cobra.Command {
	kinds := []string{"chat", "transcript", "summary"}
	var session string
	cmd := &cobra.Command{}
	cmd = subcommand(a, &cobra.Command{
		Use:     "artifact ID chat|transcript|summary",
		Short:   "Make a chat, a transcript or a summary available",
		Long:    "Make the chat, the transcript or the summary of the last session that ended available now.",
		Example: `  rtkmock meeting artifact standup transcript`,
	}, 2, 2, "no meeting, or no kind, want an id and one of chat, transcript, summary", func(s *server, args []string) error {
		kind, err := flags.OneOf(kinds...)(args[1])
		if err != nil {
			return usage(cmd, err)
		}
		return s.door(path("meetings", args[0], "artifacts", kind), struct {
			where
			Session string `json:"session_id,omitempty"`
		}{s.where(), session})
	})
	flags.String(cmd.Flags(), &session, "session", "ID", "the session; without it, the last one that ended")
	return cmd
}
