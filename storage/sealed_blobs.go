package storage

import (
	"context"
	"time"

	"cailiao/seal"
)

// SealBlobs keeps blobs sealed in another store: what reaches disk or bucket opens only with the
// keys, and only under the name it was stored by. Blobs older than sealing are read as they are.
func SealBlobs(inner Blobs, keys *seal.Keys) Blobs { return sealedBlobs{inner, keys} }

type sealedBlobs struct {
	inner Blobs
	keys  *seal.Keys
}

func blobPlace(key string) string { return seal.Place("blob", key) }

func (b sealedBlobs) Put(ctx context.Context, key string, data []byte) error {
	sealed, err := b.keys.Bytes(data, blobPlace(key))
	if err != nil {
		return within("put blob", err)
	}
	return b.inner.Put(ctx, key, sealed)
}

func (b sealedBlobs) Get(ctx context.Context, key string) ([]byte, error) {
	sealed, err := b.inner.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	data, err := b.keys.OpenBytes(sealed, blobPlace(key))
	return data, within("get blob", err)
}

func (b sealedBlobs) Delete(ctx context.Context, key string) error { return b.inner.Delete(ctx, key) }

func (b sealedBlobs) Each(ctx context.Context, do func(key string, stored time.Time) error) error {
	return b.inner.Each(ctx, do)
}

func (b sealedBlobs) Ping(ctx context.Context) error { return b.inner.Ping(ctx) }
