// Command sdk-go puts rtkmock's REST API through everything that the official SDK
// can ask of it. Its arguments are base URLs: of a server with no options, of one
// that asks for the token "right" and answers 409 and 404 where some consumers saw
// that, of one for meetings, and of the control API of that one.
//
// It does without the SDK's root package, which links every service of
// Cloudflare's and takes minutes to build: the client there hands its options to
// the service that is used here.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

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
		var e *rtk.Error
		check(errors.As(err, &e), "want status %d, found %v", status, err)
		check(e.StatusCode == status, "want status %d, found %v", status, e)
		want := fmt.Sprintf(`{"success":false,"error":{"code":%d,"message":"`, status)
		check(strings.HasPrefix(e.JSON.RawJSON(), want), "found the error %s", e.JSON.RawJSON())
	}
}

func hooks(base, token string) *rtk.WebhookService {
	return rtk.NewWebhookService(option.WithBaseURL(base), option.WithAPIToken(token))
}

// params fills in the SDK's fields: a value each, and that it is given.
func params[P any](given map[string]any) P {
	var p P
	fields := reflect.ValueOf(&p).Elem()
	set := func(name string, value any) {
		fields.FieldByName(name).FieldByName("Value").Set(reflect.ValueOf(value))
		fields.FieldByName(name).FieldByName("Present").SetBool(true)
	}
	set("AccountID", account)
	for name, value := range given {
		set(name, value)
	}
	return p
}

func creation(url string, events ...rtk.WebhookNewWebhookParamsEvent) rtk.WebhookNewWebhookParams {
	return params[rtk.WebhookNewWebhookParams](map[string]any{"Name": "All events webhook", "URL": url, "Events": events})
}

func replacement(name string) rtk.WebhookReplaceWebhookParams {
	return params[rtk.WebhookReplaceWebhookParams](map[string]any{
		"Name": name, "URL": "http://localhost:3000/other",
		"Events": []rtk.WebhookReplaceWebhookParamsEvent{rtk.WebhookReplaceWebhookParamsEventMeetingSummary},
	})
}

func main() {
	life(hooks(os.Args[1], "any"))
	mistakes(hooks(os.Args[1], "any"))
	strict(os.Args[2])
	newKit(os.Args[3], os.Args[4]).run()
	fmt.Println("ok")
}

func life(c *rtk.WebhookService) {
	list := must(c.GetWebhooks(ctx, app, params[rtk.WebhookGetWebhooksParams](nil)))
	check(list.Success && len(list.Data) == 0, "found %+v", list)

	p := creation("http://localhost:3000/webhook", rtk.WebhookNewWebhookParamsEventMeetingStarted, rtk.WebhookNewWebhookParamsEventRecordingStatusUpdate)
	created := must(c.NewWebhook(ctx, app, p))
	hook := created.Data
	check(created.Success && hook.ID != "" && hook.Enabled && hook.Name == "All events webhook" && hook.URL == p.URL.Value, "found %+v", hook)
	check(!hook.CreatedAt.IsZero() && !hook.UpdatedAt.IsZero(), "found no times: %+v", hook)
	for _, e := range hook.Events {
		check(e.IsKnown(), "found the event %q", e)
	}

	got := must(c.GetWebhookByID(ctx, app, hook.ID, params[rtk.WebhookGetWebhookByIDParams](nil))).Data
	check(got.ID == hook.ID && got.CreatedAt.Equal(hook.CreatedAt) && len(got.Events) == 2, "found %+v", got)

	edited := must(c.EditWebhook(ctx, app, hook.ID, params[rtk.WebhookEditWebhookParams](map[string]any{"Enabled": false}))).Data
	check(!edited.Enabled && edited.Name == hook.Name && len(edited.Events) == 2, "found %+v", edited)

	replaced := must(c.ReplaceWebhook(ctx, app, hook.ID, replacement("other"))).Data
	check(replaced.Enabled && replaced.Name == "other" && len(replaced.Events) == 1 && replaced.CreatedAt.Equal(hook.CreatedAt), "found %+v", replaced)

	list = must(c.GetWebhooks(ctx, app, params[rtk.WebhookGetWebhooksParams](nil)))
	check(len(list.Data) == 1 && list.Data[0].ID == hook.ID, "found %+v", list)

	deleted := must(c.DeleteWebhook(ctx, app, hook.ID, params[rtk.WebhookDeleteWebhookParams](nil))).Data
	check(deleted.ID == hook.ID && deleted.Name == "other" && reflect.DeepEqual(deleted.UpdatedAt, replaced.UpdatedAt), "found %+v", deleted)
}

func mistakes(c *rtk.WebhookService) {
	started := rtk.WebhookNewWebhookParamsEventMeetingStarted
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("not a url", started)))
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("http://localhost/", "meeting.begun")))
	refused[*rtk.WebhookNewWebhookResponse](400)(c.NewWebhook(ctx, app, creation("http://localhost/")))
	long := creation("http://localhost/", started)
	long.Name.Value = strings.Repeat("x", 2<<20)
	refused[*rtk.WebhookNewWebhookResponse](413)(c.NewWebhook(ctx, app, long))
	const none = "182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e"
	refused[*rtk.WebhookGetWebhookByIDResponse](404)(c.GetWebhookByID(ctx, app, none, params[rtk.WebhookGetWebhookByIDParams](nil)))
	refused[*rtk.WebhookReplaceWebhookResponse](404)(c.ReplaceWebhook(ctx, app, none, replacement("n")))
	refused[*rtk.WebhookEditWebhookResponse](404)(c.EditWebhook(ctx, app, none, params[rtk.WebhookEditWebhookParams](nil)))
	refused[*rtk.WebhookDeleteWebhookResponse](404)(c.DeleteWebhook(ctx, app, none, params[rtk.WebhookDeleteWebhookParams](nil)))
	refused[*rtk.WebhookReplaceWebhookResponse](405)(c.ReplaceWebhook(ctx, app, "all", replacement("n")))
	refused[*rtk.WebhookDeleteWebhookResponse](405)(c.DeleteWebhook(ctx, app, "all", params[rtk.WebhookDeleteWebhookParams](nil)))
}

func strict(base string) {
	started := rtk.WebhookNewWebhookParamsEventMeetingStarted
	refused[*rtk.WebhookGetWebhooksResponse](401)(hooks(base, "wrong").GetWebhooks(ctx, app, params[rtk.WebhookGetWebhooksParams](nil)))
	c := hooks(base, "right")
	refused[*rtk.WebhookGetWebhooksResponse](404)(c.GetWebhooks(ctx, app, params[rtk.WebhookGetWebhooksParams](nil)))
	must(c.NewWebhook(ctx, app, creation("http://localhost/", started)))
	c = rtk.NewWebhookService(append(c.Options, option.WithMaxRetries(0))...) // 409 is tried again otherwise
	refused[*rtk.WebhookNewWebhookResponse](409)(c.NewWebhook(ctx, app, creation("http://localhost/", started)))
}
