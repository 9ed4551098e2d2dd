// Command sdk-go puts rtkmock's webhooks API through everything that the
// official SDK can ask of it. Its arguments are two base URLs: of a server with
// no options, and of one that asks for the token "right" and answers 409 and 404
// where some consumers saw that.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/cloudflare/cloudflare-go/v7"
	"github.com/cloudflare/cloudflare-go/v7/option"
	rtk "github.com/cloudflare/cloudflare-go/v7/realtime_kit"
)

const (
	account = "023e105f4ecef8ad9ca31a8372d0c353"
	app     = "14a396e7-ca44-4937-bf1f-050a69118543"
)

var ctx = context.Background()

func check(ok bool, format string, args ...any) {
	if !ok {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
		os.Exit(1)
	}
}

func must[T any](v T, err error) T {
	check(err == nil, "%v", err)
	return v
}

// refused checks that err is an answer with status, in the service's shape.
func refused[T any](status int) func(T, error) {
	return func(_ T, err error) {
		var e *cloudflare.Error
		check(errors.As(err, &e), "want status %d, found %v", status, err)
		check(e.StatusCode == status, "want status %d, found %v", status, e)
		want := fmt.Sprintf(`{"success":false,"error":{"code":%d,"message":"`, status)
		check(strings.HasPrefix(e.JSON.RawJSON(), want), "found the error %s", e.JSON.RawJSON())
	}
}

func hooks(base, token string) *rtk.WebhookService {
	return cloudflare.NewClient(option.WithBaseURL(base), option.WithAPIToken(token)).RealtimeKit.Webhooks
}

func creation(url string, events ...rtk.WebhookNewWebhookParamsEvent) rtk.WebhookNewWebhookParams {
	return rtk.WebhookNewWebhookParams{
		AccountID: cloudflare.F(account), Name: cloudflare.F("All events webhook"), URL: cloudflare.F(url), Events: cloudflare.F(events),
	}
}

func main() {
	life(hooks(os.Args[1], "any"))
	mistakes(hooks(os.Args[1], "any"))
	strict(os.Args[2])
	fmt.Println("ok")
}

func life(c *rtk.WebhookService) {
	list := must(c.GetWebhooks(ctx, app, rtk.WebhookGetWebhooksParams{AccountID: cloudflare.F(account)}))
	check(list.Success && len(list.Data) == 0, "found %+v", list)

	p := creation("http://localhost:3000/webhook", rtk.WebhookNewWebhookParamsEventMeetingStarted, rtk.WebhookNewWebhookParamsEventRecordingStatusUpdate)
	created := must(c.NewWebhook(ctx, app, p))
	hook := created.Data
	check(created.Success && hook.ID != "" && hook.Enabled && hook.Name == "All events webhook" && hook.URL == p.URL.Value, "found %+v", hook)
	check(!hook.CreatedAt.IsZero() && !hook.UpdatedAt.IsZero(), "found no times: %+v", hook)
	for _, e := range hook.Events {
		check(e.IsKnown(), "found the event %q", e)
	}

	got := must(c.GetWebhookByID(ctx, app, hook.ID, rtk.WebhookGetWebhookByIDParams{AccountID: cloudflare.F(account)})).Data
	check(got.ID == hook.ID && got.CreatedAt.Equal(hook.CreatedAt) && len(got.Events) == 2, "found %+v", got)

	edited := must(c.EditWebhook(ctx, app, hook.ID, rtk.WebhookEditWebhookParams{AccountID: cloudflare.F(account), Enabled: cloudflare.F(false)})).Data
	check(!edited.Enabled && edited.Name == hook.Name && len(edited.Events) == 2, "found %+v", edited)

	replaced := must(c.ReplaceWebhook(ctx, app, hook.ID, rtk.WebhookReplaceWebhookParams{
		AccountID: cloudflare.F(account), Name: cloudflare.F("other"), URL: cloudflare.F("http://localhost:3000/other"),
		Events: cloudflare.F([]rtk.WebhookReplaceWebhookParamsEvent{rtk.WebhookReplaceWebhookParamsEventMeetingSummary}),
	})).Data
	check(replaced.Enabled && replaced.Name == "other" && len(replaced.Events) == 1 && replaced.CreatedAt.Equal(hook.CreatedAt), "found %+v", replaced)

	list = must(c.GetWebhooks(ctx, app, rtk.WebhookGetWebhooksParams{AccountID: cloudflare.F(account)}))
	check(len(list.Data) == 1 && list.Data[0].ID == hook.ID, "found %+v", list)

	// The SDK has no call for the event list; its generic one reads it.
	var events struct {
		Success bool
		Data    []string
	}
	client := cloudflare.NewClient(option.WithBaseURL(os.Args[1]), option.WithAPIToken("any"))
	check(client.Get(ctx, "accounts/"+account+"/realtime/kit/"+app+"/webhooks/all", nil, &events) == nil, "the event list")
	check(events.Success && len(events.Data) == 9, "found %+v", events)

	deleted := must(c.DeleteWebhook(ctx, app, hook.ID, rtk.WebhookDeleteWebhookParams{AccountID: cloudflare.F(account)})).Data
	check(deleted.ID == hook.ID && deleted.Name == "other" && reflect.DeepEqual(deleted.UpdatedAt, replaced.UpdatedAt), "found %+v", deleted)
}

func mistakes(c *rtk.WebhookService) {
	acc := cloudflare.F(account)
	started := rtk.WebhookNewWebhookParamsEventMeetingStarted
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("not a url", started)))
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("http://localhost/", "meeting.begun")))
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("http://localhost/")))
	long := creation("http://localhost/", started)
	long.Name = cloudflare.F(strings.Repeat("x", 2<<20))
	refused[*rtk.WebhookNewWebhookResponse](413)(c.NewWebhook(ctx, app, long))
	const none = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"
	replacement := rtk.WebhookReplaceWebhookParams{
		AccountID: acc, Name: cloudflare.F("n"), URL: cloudflare.F("http://localhost/"),
		Events: cloudflare.F([]rtk.WebhookReplaceWebhookParamsEvent{rtk.WebhookReplaceWebhookParamsEventMeetingSummary}),
	}
	refused[*rtk.WebhookGetWebhookByIDResponse](404)(c.GetWebhookByID(ctx, app, none, rtk.WebhookGetWebhookByIDParams{AccountID: acc}))
	refused[*rtk.WebhookReplaceWebhookResponse](404)(c.ReplaceWebhook(ctx, app, none, replacement))
	refused[*rtk.WebhookEditWebhookResponse](404)(c.EditWebhook(ctx, app, none, rtk.WebhookEditWebhookParams{AccountID: acc}))
	refused[*rtk.WebhookDeleteWebhookResponse](404)(c.DeleteWebhook(ctx, app, none, rtk.WebhookDeleteWebhookParams{AccountID: acc}))
	refused[*rtk.WebhookReplaceWebhookResponse](405)(c.ReplaceWebhook(ctx, app, "all", replacement))
	refused[*rtk.WebhookDeleteWebhookResponse](405)(c.DeleteWebhook(ctx, app, "all", rtk.WebhookDeleteWebhookParams{AccountID: acc}))
}

func strict(base string) {
	acc := cloudflare.F(account)
	started := rtk.WebhookNewWebhookParamsEventMeetingStarted
	refused[*rtk.WebhookGetWebhooksResponse](401)(hooks(base, "wrong").GetWebhooks(ctx, app, rtk.WebhookGetWebhooksParams{AccountID: acc}))
	c := hooks(base, "right")
	refused[*rtk.WebhookGetWebhooksResponse](404)(c.GetWebhooks(ctx, app, rtk.WebhookGetWebhooksParams{AccountID: acc}))
	must(c.NewWebhook(ctx, app, creation("http://localhost/", started)))
	c = rtk.NewWebhookService(append(c.Options, option.WithMaxRetries(0))...) // 409 is tried again otherwise
	refused[*rtk.WebhookNewWebhookResponse](409)(c.NewWebhook(ctx, app, creation("http://localhost/", started)))
}
