package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt maps the file to memory and trusts it: a page that lies outside of it, or leads
// there, ends the process, and nothing can recover that. So all pages that are in use
// are read first, in the usual way.

// Sizes and numbers of bbolt's file format, version 2.
const (
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaSize       = 64
	metaSummed     = 56 // bytes of it that the checksum is about
	pageHeaderSize = 16
	elementSize    = 16
	bucketSize     = 16
	noFreelist     = ^uint64(0)
	countElsewhere = 0xFFFF // the number of free pages stands in front of them
	minPageSize    = 1 << 9
	maxPageSize    = 1 << 16
	maxDepth       = 64 // of pages and of buckets
)

// Flags of pages and of elements.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01
)

// errDamaged is what is wrong with a file, without its name.
type errDamaged string

func (e errDamaged) Error() string { return string(e) }

func damaged(format string, args ...any) error { return errDamaged(fmt.Sprintf(format, args...)) }

// checkPages reads the pages that are in use in the database at path. It returns what
// is wrong with them: an errDamaged, or an error of the file system. A file that does
// not exist is fine.
func checkPages(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return damaged("it is empty")
	}
	p := &pages{f: f, size: uint64(info.Size()), seen: map[uint64]bool{}}
	root, freelist, err := p.meta()
	if err != nil {
		return err
	}
	if freelist != noFreelist {
		if err := p.free(freelist); err != nil {
			return err
		}
	}
	return p.tree(root, 0)
}

// pages are those of one file.
type pages struct {
	f        io.ReaderAt
	size     uint64 // of the file, in bytes
	pageSize uint64
	end      uint64          // all pages in use have a lower number
	seen     map[uint64]bool // pages in use, and free ones
}

// meta finds the newer of the two pages that lead to all others.
func (p *pages) meta() (root, freelist uint64, err error) {
	var newest uint64
	found := false
	// The second follows the first, whose size it tells. Nobody knows that of a first
	// page that is damaged, so the usual sizes are tried.
	for at := uint64(0); at <= maxPageSize; at = max(2*at, minPageSize) {
		b := make([]byte, metaSize)
		if _, err := p.f.ReadAt(b, int64(at+pageHeaderSize)); err != nil {
			break
		}
		sum := fnv.New64a()
		_, _ = sum.Write(b[:metaSummed])
		size := uint64(number32(b[8:]))
		if number32(b) != metaMagic || number32(b[4:]) != metaVersion || number64(b[56:]) != sum.Sum64() || at != 0 && at != size {
			continue
		}
		if size < minPageSize || size > maxPageSize || size&(size-1) != 0 {
			continue
		}
		if tx := number64(b[48:]); !found || tx > newest {
			found, newest = true, tx
			root, freelist, p.end, p.pageSize = number64(b[16:]), number64(b[32:]), number64(b[40:]), size
		}
	}
	switch {
	case !found:
		return 0, 0, damaged("it does not begin as a state does")
	case p.end < 2 || p.end > p.size/p.pageSize:
		return 0, 0, damaged("it has %d bytes, and %d pages of %d bytes are in use", p.size, p.end, p.pageSize)
	}
	return root, freelist, nil
}

// read returns a page with its overflow, and its header.
func (p *pages) read(id uint64) (page []byte, flags, count uint16, err error) {
	if id < 2 || id >= p.end {
		return nil, 0, 0, damaged("page %d is in use, and does not exist", id)
	}
	if p.seen[id] {
		return nil, 0, 0, damaged("page %d is used twice, or free", id)
	}
	p.seen[id] = true
	head := make([]byte, pageHeaderSize)
	if _, err := p.f.ReadAt(head, int64(id*p.pageSize)); err != nil {
		return nil, 0, 0, err
	}
	overflow := uint64(number32(head[12:]))
	if number64(head) != id || overflow >= p.end-id {
		return nil, 0, 0, damaged("page %d does not begin as a page does", id)
	}
	page = make([]byte, (overflow+1)*p.pageSize)
	if _, err := p.f.ReadAt(page, int64(id*p.pageSize)); err != nil {
		return nil, 0, 0, err
	}
	return page, binary.NativeEndian.Uint16(head[8:]), binary.NativeEndian.Uint16(head[10:]), nil
}

// free checks the list of pages that are not in use.
func (p *pages) free(id uint64) error {
	page, flags, short, err := p.read(id)
	if err != nil {
		return err
	}
	count, list := uint64(short), page[pageHeaderSize:]
	if short == countElsewhere {
		count, list = number64(list), list[8:]
	}
	if flags != freelistPage || count > uint64(len(list))/8 {
		return damaged("page %d is no list of free pages", id)
	}
	for ; count > 0; count, list = count-1, list[8:] {
		free := number64(list)
		if free < 2 || free >= p.end {
			return damaged("page %d is free, and does not exist", free)
		}
		if p.seen[free] {
			return damaged("page %d is free twice", free)
		}
		p.seen[free] = true
	}
	return nil
}

// tree checks a page, and all to which it leads.
func (p *pages) tree(id uint64, depth int) error {
	page, flags, count, err := p.read(id)
	if err != nil {
		return err
	}
	return p.elements(id, page, flags, count, depth)
}

// elements checks those of a page, which may be a part of another one.
func (p *pages) elements(id uint64, page []byte, flags, count uint16, depth int) error {
	if flags != branchPage && flags != leafPage || depth > maxDepth {
		return damaged("page %d is no page of a tree", id)
	}
	if flags == branchPage && count == 0 || pageHeaderSize+uint64(count)*elementSize > uint64(len(page)) {
		return damaged("page %d has %d elements, which is wrong", id, count)
	}
	for i := range uint64(count) {
		element := page[pageHeaderSize+i*elementSize:]
		if err := p.element(id, element, flags, depth); err != nil {
			return err
		}
	}
	return nil
}

// element checks an element of page id: what follows it in the page as well.
func (p *pages) element(id uint64, element []byte, flags uint16, depth int) error {
	room := uint64(len(element))
	if flags == branchPage {
		if uint64(number32(element))+uint64(number32(element[4:])) > room {
			return damaged("a key of page %d lies outside of it", id)
		}
		return p.tree(number64(element[8:]), depth+1)
	}
	at, keySize, size := uint64(number32(element[4:])), uint64(number32(element[8:])), uint64(number32(element[12:]))
	if at+keySize+size > room {
		return damaged("a value of page %d lies outside of it", id)
	}
	if number32(element)&bucketFlag == 0 {
		return nil
	}
	value := element[at+keySize:][:size]
	if size < bucketSize {
		return damaged("a bucket of page %d is too short", id)
	}
	if root := number64(value); root != 0 {
		return p.tree(root, depth+1)
	}
	inline := value[bucketSize:]
	if len(inline) < pageHeaderSize {
		return damaged("a bucket of page %d is too short", id)
	}
	return p.elements(id, inline, binary.NativeEndian.Uint16(inline[8:]), binary.NativeEndian.Uint16(inline[10:]), depth+1)
}

func number32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }
func number64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }
