package conformance

import (
	"fmt"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestAnswersToAcceptedDeliveriesAreCountedByEvent(t *testing.T) {
	sent := []*exchange.Exchange{
		genuine(recording, plainBody, 200, "ignored"),
		genuine(joining, plainBody, 200, `{"ok":true,"job":17}`),
		genuine(joining, plainBody, 201, `{"ok":true,"job":18}`),
		genuine(joining, plainBody, 200, "duplicate"),
		genuine(joining, plainBody, 204, ""),
		genuine(joining, plainBody, 401, "bad signature"),
		genuine(recording, plainBody, 200, `{"ok":true,"job":19}`),
		genuine("meeting.somethingNew", plainBody, 200, "unroutable"),
	}
	assert.DeepEqual(t, acceptedAnswers(sent), []AcceptedAnswer{
		{joining, `{"ok":true,"job":17}`, 2}, // job 18 is the same answer
		{joining, "duplicate", 1},
		{joining, "", 1},
		{recording, "ignored", 1},
		{recording, `{"ok":true,"job":17}`, 1},
		{"meeting.somethingNew", "unroutable", 1},
	})
	var many []*exchange.Exchange
	for i := range 2 * maxAnswers {
		many = append(many, genuine(joining, plainBody, 200, fmt.Sprintf("%c", 'a'+i)))
	}
	assert.Equal(t, len(acceptedAnswers(many)), maxAnswers, "a target cannot make a report long")
}

func TestShardsAddTheirAnswersUp(t *testing.T) {
	one := &Report{Answers: []AcceptedAnswer{{joining, "ok", 2}, {recording, "ignored", 1}}}
	two := &Report{Answers: []AcceptedAnswer{{rtk.MeetingStarted, "ok", 3}, {joining, "ok", 4}}}
	assert.DeepEqual(t, mergedAnswers([]*Report{one, two}), []AcceptedAnswer{
		{rtk.MeetingStarted, "ok", 3}, {joining, "ok", 6}, {recording, "ignored", 1},
	})
}

func TestAMergedViolationFollowsOnlyIfItDoesInEachShard(t *testing.T) {
	because := []Cause{{"sig/a", "it does"}}
	follows := sharded{Verdict{ID: "x/y", Status: Fail, FollowsFrom: because}, 1}
	alone := sharded{Verdict{ID: "x/y", Status: Fail}, 2}
	passes := sharded{Verdict{ID: "x/y", Status: Pass}, 3}
	assert.DeepEqual(t, worst([]sharded{follows, passes}).FollowsFrom, because)
	assert.DeepEqual(t, worst([]sharded{passes, follows}).FollowsFrom, because)
	assert.Equal(t, len(worst([]sharded{follows, alone}).FollowsFrom), 0)
	assert.Equal(t, len(worst([]sharded{alone, follows}).FollowsFrom), 0)
}

func TestTheHeadlineCountsFailuresThatOthersCause(t *testing.T) {
	r := &Report{Complete: true, Verdicts: []Verdict{
		{ID: "sig/a", Level: Must, Status: Fail},
		{ID: "sig/b", Level: Must, Status: Fail, FollowsFrom: []Cause{{"sig/a", "it does"}}},
		{ID: "sig/c", Level: Should, Status: Warn, FollowsFrom: []Cause{{"sig/a", "it does"}}},
	}}
	r.Judge()
	assert.Equal(t, r.Headline, "not conformant, 2 failures (1 of them caused by others), 1 warning")
	assert.Equal(t, r.Summary.Fail, 2, "the counts stay as they are")
}
