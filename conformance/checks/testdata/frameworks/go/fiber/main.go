// Fiber takes webhooks with Fiber: fiber copied|reused. What a request holds is
// valid inside of its handler only, and this work comes later.
package main

import (
	"log"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"

	"frameworks/webhook"
)

func main() {
	effects, err := webhook.Open()
	if err != nil {
		log.Fatal(err)
	}
	keep := map[string]func(string) string{
		"copied": strings.Clone,
		"reused": func(s string) string { return s },
	}[os.Args[1]]
	later := func(uuid string) error {
		uuid = keep(uuid)
		time.AfterFunc(5*time.Millisecond, func() {
			if err := effects.Take(uuid); err != nil {
				log.Print(err)
			}
		})
		return nil
	}
	app := fiber.New()
	app.Post("/webhook", func(c fiber.Ctx) error {
		return c.SendStatus(webhook.Respond(c.Context(), c.Body(), c.Get("rtk-signature"), c.Get("rtk-uuid"), later))
	})
	log.Fatal(app.Listen("127.0.0.1:"+os.Getenv("PORT"), fiber.ListenConfig{DisableStartupMessage: true}))
}
