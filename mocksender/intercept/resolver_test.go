package intercept

import (
	"context"
	"errors"
	"net"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"gotest.tools/v3/assert"
)

// names is a resolver that asks the server at address, by one network alone.
func names(address, network string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
}

// nameServer is one that knows every name.
func nameServer(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	t.Cleanup(func() { ln.Close() })
	packets, err := net.ListenPacket("udp", ln.Addr().String()) // few have ports of UDP
	assert.NilError(t, err)
	t.Cleanup(func() { packets.Close() })
	know := func(query []byte) []byte {
		var m dnsmessage.Message
		assert.Check(t, m.Unpack(query))
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 7}},
			}}
		}
		answer, err := m.Pack()
		assert.Check(t, err)
		return answer
	}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo(know(buf[:n]), from)
		}
	}()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if query, err := readMessage(conn); err == nil {
				_ = writeMessage(conn, know(query))
			}
			conn.Close()
		}
	}()
	return packets.LocalAddr().String()
}

func TestOnlyTheUnknownNameDoesNotResolve(t *testing.T) {
	unknown := []string{RealtimeHost}
	r := &resolver{unknown: func() []string { return unknown }, servers: []string{"127.0.0.1:1", nameServer(t)}}
	address, err := r.begin(t.Context(), "127.0.0.1:0")
	assert.NilError(t, err)
	for _, network := range []string{"udp", "tcp"} {
		found, err := names(address, network).LookupHost(t.Context(), "db.example.")
		assert.NilError(t, err)
		assert.DeepEqual(t, found, []string{"192.0.2.7"})
		for _, name := range []string{RealtimeHost + ".", "API.Realtime.cloudflare.com.", "x." + RealtimeHost + ".", RealtimeHost + ".corp.example."} {
			_, err := names(address, network).LookupHost(t.Context(), name)
			var failed *net.DNSError
			assert.Assert(t, errors.As(err, &failed) && failed.IsNotFound, "%s: %v", name, err)
		}
	}
	r.servers = []string{"127.0.0.1:1"}
	_, err = names(address, "tcp").LookupHost(t.Context(), "db.example.")
	var failed *net.DNSError
	assert.Assert(t, errors.As(err, &failed) && !failed.IsNotFound, "%v", err)
}

func TestTheNameServersOfTheMachineAreFoundAndReplaced(t *testing.T) {
	conf := []byte("# one\nsearch corp.example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \noptions ndots:5\n")
	assert.DeepEqual(t, nameServers(conf), []string{"192.0.2.1:53", "[2001:db8::1]:53"})
	assert.DeepEqual(t, nameServers(nil), []string{"127.0.0.1:53"})
	assert.Equal(t, string(resolveFile(conf, "127.82.1.2")), "nameserver 127.82.1.2\n# one\nsearch corp.example\noptions ndots:5\n")
}

func FuzzResolver(f *testing.F) {
	query, err := (&dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(RealtimeHost + "."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}).Pack()
	assert.NilError(f, err)
	f.Add(query)
	r := &resolver{unknown: Hosts} // and no server to ask
	f.Fuzz(func(t *testing.T, query []byte) {
		if answer := r.answer(t.Context(), "udp", query); answer != nil {
			assert.DeepEqual(t, answer[:2], query[:2])
		}
	})
}
