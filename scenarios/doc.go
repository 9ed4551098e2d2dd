// Package scenarios reads and plays scripts of meetings.
//
// A scenario is a JSON file that says what is sent: which events a meeting
// causes, in which order they are delivered, what goes wrong on the way, and
// how each delivery should end. A library of them is embedded; Names lists it.
// Parse reads one strictly and rehearses it, so that a script that Parse
// accepts can be played; its errors name the step, the field, what was found
// and what would be right. Play sends it to a target and judges each step.
//
// What is sent depends on the script, the seed, the start, the base URL and
// the key, and on nothing that comes back.
package scenarios
