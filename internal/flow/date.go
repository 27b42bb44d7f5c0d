package flow

// Equal reports whether d and other leave a product with the same date. One that says nothing and
// one that clears differ as writes, but not as what a product holds afterwards.
func (d Date) Equal(other Date) bool { return d.At.Equal(other.At) }
