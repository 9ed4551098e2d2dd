// Package scenarios reads and plays scripts of meetings.
//
// A scenario is a JSON file that says what is sent: the events that a meeting
// causes, the order of their deliveries, what goes wrong on the way, and how each
// delivery should end. Some are embedded; Names lists them. Parse reads a script:
// the schema judges its form, and a dry run finds steps that cannot be played.
// Its errors name the step, the member, what was found and what would be right.
// Play sends a script to a target and judges each step. An Interactive meeting
// gives events one at a time, without a script.
//
// What is sent depends on the script, the seed, the start, the base URL and the
// key. It does not depend on what comes back.
package scenarios
