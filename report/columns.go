package report

// The keys of columns that are treated specially.
const (
	keyCache    = "cache"
	keyRecord   = "record"
	keyBackend  = "backend"
	keyTrials   = "n"
	keyProof    = "proof"
	keyInterval = "interval"
	keyRead     = "read"
	keyFetched  = "fetched"
	keyWrite    = "write"
	keySpeed    = "speed"
)
