package intercept

import (
	"fmt"
	"syscall"
	"unsafe"
)

// addSystem adds the system's store of roots.
func (b *bundle) addSystem() error {
	name, err := syscall.UTF16PtrFromString("ROOT")
	if err != nil {
		return err
	}
	store, err := syscall.CertOpenSystemStore(0, name)
	if err != nil {
		return fmt.Errorf("the system's certificates: %w: COMMAND trusts none of them", err)
	}
	defer syscall.CertCloseStore(store, 0)
	var at *syscall.CertContext
	for {
		if at, err = syscall.CertEnumCertificatesInStore(store, at); at == nil || err != nil {
			return nil // the end is an error, too
		}
		b.addDER(append([]byte(nil), unsafe.Slice(at.EncodedCert, at.Length)...))
	}
}
