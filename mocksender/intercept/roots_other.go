//go:build !windows

package intercept

import "errors"

// addSystem adds the first of the system's files that there is.
func (b *bundle) addSystem() error {
	for _, path := range systemBundles() {
		if b.addFile(path) == nil {
			return nil
		}
	}
	return errors.New("this system's certificates are in no known file: COMMAND trusts none of them")
}
