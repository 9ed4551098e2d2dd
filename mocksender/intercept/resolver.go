package intercept

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Bounds of what a name server may cost.
const (
	resolveWait = 3 * time.Second // for a server of the machine
	queryWait   = 10 * time.Second
	mostQueries = 64 // at a time; more wait
)

// resolver is the name server of a command while the hosts file lacks a name. It says
// that there is no such name, and has the machine's own servers answer all else: they
// would know the name.
type resolver struct {
	unknown func() []string
	servers []string // host:port
	places  chan struct{}
}

// begin begins to answer at an address, host:port, until ctx ends. It returns the address
// with its port.
func (r *resolver) begin(ctx context.Context, address string) (bound string, err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("intercept: %w", err)
	}
	bound = ln.Addr().String()
	packets, err := new(net.ListenConfig).ListenPacket(ctx, "udp", bound)
	if err != nil {
		ln.Close()
		return "", fmt.Errorf("intercept: %w", err)
	}
	r.places = make(chan struct{}, mostQueries)
	context.AfterFunc(ctx, func() { packets.Close(); ln.Close() })
	go r.servePackets(ctx, packets)
	go r.serveStreams(ctx, ln)
	return bound, nil
}

func (r *resolver) servePackets(ctx context.Context, packets net.PacketConn) {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := packets.ReadFrom(buf)
		if err != nil {
			return
		}
		query := slices.Clone(buf[:n])
		r.places <- struct{}{}
		go func() {
			defer func() { <-r.places }()
			if answer := r.answer(ctx, "udp", query); answer != nil {
				_, _ = packets.WriteTo(answer, from)
			}
		}()
	}
}

func (r *resolver) serveStreams(ctx context.Context, ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		r.places <- struct{}{}
		go func() {
			defer func() { <-r.places }()
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			for {
				_ = conn.SetDeadline(time.Now().Add(queryWait))
				query, err := readMessage(conn)
				if err != nil {
					return
				}
				answer := r.answer(ctx, "tcp", query)
				if answer == nil || writeMessage(conn, answer) != nil {
					return
				}
			}
		}()
	}
}

// answer returns the answer to a query, or nil if it is none.
func (r *resolver) answer(ctx context.Context, network string, query []byte) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(query)
	if err != nil || head.Response {
		return nil
	}
	question, err := p.Question()
	if err != nil {
		return nil
	}
	code := dnsmessage.RCodeNameError
	if !r.lacks(canonical(question.Name.String())) {
		for _, server := range r.servers {
			if answer, err := ask(ctx, network, server, query); err == nil {
				return answer
			}
		}
		code = dnsmessage.RCodeServerFailure
	}
	answer, err := (&dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: head.ID, Response: true, OpCode: head.OpCode, RecursionDesired: head.RecursionDesired, RecursionAvailable: true, RCode: code,
		},
		Questions: []dnsmessage.Question{question},
	}).Pack()
	if err != nil {
		return nil
	}
	return answer
}

// lacks reports whether a name is unknown, also below it, and with a domain of a search
// list behind it.
func (r *resolver) lacks(name string) bool {
	return slices.ContainsFunc(r.unknown(), func(host string) bool {
		return name == host || strings.HasSuffix(name, "."+host) || strings.HasPrefix(name, host+".")
	})
}

// ask has a server of the machine answer.
func ask(ctx context.Context, network, server string, query []byte) ([]byte, error) {
	conn, err := (&net.Dialer{Timeout: resolveWait}).DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(resolveWait))
	if network == "tcp" {
		if err := writeMessage(conn, query); err != nil {
			return nil, err
		}
		return readMessage(conn)
	}
	if _, err := conn.Write(query); err != nil {
		return nil, err
	}
	buf := make([]byte, 64<<10)
	n, err := conn.Read(buf)
	return buf[:n], err
}

// readMessage and writeMessage are for messages over TCP, with their length before them
// (RFC 1035, 4.2.2).
func readMessage(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, message)
	return message, err
}

func writeMessage(w io.Writer, message []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}

// nameServers returns those of a resolv.conf, as host:port.
func nameServers(conf []byte) (servers []string) {
	for line := range strings.Lines(string(conf)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "nameserver" {
			servers = append(servers, net.JoinHostPort(fields[1], "53"))
		}
	}
	if len(servers) == 0 {
		return []string{"127.0.0.1:53"} // as resolv.conf(5) has it
	}
	return servers
}

// resolveFile returns a resolv.conf with this name server alone.
func resolveFile(old []byte, server string) []byte {
	text := "nameserver " + server + "\n"
	for line := range strings.Lines(string(old)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "nameserver" {
			text += line
		}
	}
	return []byte(text)
}
