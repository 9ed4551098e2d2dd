// Gin takes webhooks with Gin: gin raw|request-context|bound-first|bound-after.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"frameworks/webhook"
)

type event struct {
	Event string `json:"event"`
}

func main() {
	effects, err := webhook.Open()
	if err != nil {
		log.Fatal(err)
	}
	answerBy := func(c *gin.Context, body []byte, take func(uuid string) error) {
		c.Status(webhook.Respond(c.Request.Context(), body, c.GetHeader("rtk-signature"), c.GetHeader("rtk-uuid"), take))
	}
	answer := func(c *gin.Context, body []byte) { answerBy(c, body, effects.Take) }
	var claimed sync.Map // by rtk-uuid
	app := gin.New()
	app.Use(gin.Recovery())
	app.POST("/webhook", map[string]gin.HandlerFunc{
		"raw": func(c *gin.Context) {
			body, err := c.GetRawData()
			if err != nil {
				c.Status(http.StatusBadRequest)
				return
			}
			answer(c, body)
		},
		// The work ends with its request: if the sender hangs up, the delivery stays
		// claimed, and is not done when it comes again.
		"request-context": func(c *gin.Context) {
			body, _ := c.GetRawData()
			answerBy(c, body, func(uuid string) error {
				if _, twice := claimed.LoadOrStore(uuid, true); twice {
					return nil
				}
				select {
				case <-time.After(50 * time.Millisecond):
					return effects.Take(uuid)
				case <-c.Request.Context().Done():
					return c.Request.Context().Err()
				}
			})
		},
		// ShouldBindJSON reads the body to its end, so nothing is left to verify.
		"bound-first": func(c *gin.Context) {
			if !bind(c) {
				return
			}
			body, _ := io.ReadAll(c.Request.Body)
			answer(c, body)
		},
		// In the other order, nothing is left to bind.
		"bound-after": func(c *gin.Context) {
			body, _ := c.GetRawData()
			ok, err := webhook.Genuine(c.Request.Context(), body, c.GetHeader("rtk-signature"))
			if err != nil || !ok {
				c.Status(http.StatusUnauthorized)
				return
			}
			if bind(c) {
				answer(c, body)
			}
		},
	}[os.Args[1]])
	log.Fatal(app.Run("127.0.0.1:" + os.Getenv("PORT")))
}

// bind reads the event, and answers 400 if it cannot.
func bind(c *gin.Context) bool {
	var e event
	if err := c.ShouldBindJSON(&e); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
		return false
	}
	return true
}
