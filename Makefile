# mmapbench: every target needs only Go, unless it says otherwise.

GO      ?= go
BENCHTIME ?= 25x
BENCHTRIALS ?= 100000
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
MODULE   = $(shell awk '$$1 == "module" { print $$2 }' go.mod)
LDFLAGS  = -s -w -X $(MODULE)/cli.version=$(VERSION)
export CGO_ENABLED = 0

# "make module PATH=…" takes the shell's PATH away: what make began with is put back.
ifeq ($(origin PATH),command line)
NEW_MODULE := $(PATH)
override PATH := $(shell /usr/bin/tr '\0' '\n' </proc/$$PPID/environ | /bin/sed -n 's/^PATH=//p')
endif

.PHONY: help build run test race lint bench validate validate-real fuzz module test-tools test-commands test-root test-file-systems test-trials guest dist clean

# Where the commands that read run files are all there is, and what they consist of.
READERS  = darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 linux/arm
VETTED  ?= darwin/arm64 windows/amd64
DIST    ?= linux/amd64 linux/arm64 $(READERS)
PORTABLE = ./cmd/... ./cli ./report/... ./analysis/... ./results/... ./internal/host ./internal/latency ./internal/plain ./internal/prose ./internal/signtest ./internal/units

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: ## the program, as ./mmapbench
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' ./cmd/mmapbench

run: ## the quick experiment on the device of this directory
	$(GO) run ./cmd/mmapbench run

test: ## every test that needs only Go
	$(GO) vet ./...
	$(GO) test -vet=off ./... # vetted above

race: ## the tests of the harness under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -skip "Coverage|NoWider" ./results ./experiment ./analysis # those simulate, and start no goroutine
	CGO_ENABLED=1 $(GO) test -race -run "Interrupt|Failures|WrongBytes|Garbage" ./harness
	CGO_ENABLED=1 $(GO) test -race -run "TestScripts/(resume|interrupt|experiment)" ./cli

lint: ## gofmt, go vet, staticcheck, govulncheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'not gofmt-clean: run gofmt -w .'; exit 1; }
	$(GO) vet ./...
	GOOS=linux GOARCH=arm64 $(GO) vet ./...
	@for p in $(VETTED); do echo "go vet and go build for $$p: the commands that read run files"; \
	  export GOOS=$${p%/*} GOARCH=$${p#*/}; $(GO) vet $(PORTABLE) && $(GO) build -o /dev/null ./cmd/mmapbench || exit 1; done
	$(GO) tool staticcheck ./...
	$(GO) tool govulncheck ./... || echo 'govulncheck could not finish: it needs its database'

bench: build ## the harness's own floor, its loops as ratios to C (uses cc if there is one), what the evidence costs, and big run files
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) ./io/overhead
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) ./harness
	$(GO) run ./scripts/bigfiles -trials $(BENCHTRIALS) ./mmapbench

validate: ## the gate's promises, by simulation and by real gates; writes docs/validation.md (ten minutes)
	bash scripts/validate.sh

validate-real: ## real gates alone, as in "make validate-real AA=300 SLOW=59 LOG=/var/tmp/gates.jsonl", which can be run in pieces
	bash scripts/validate.sh real

fuzz: ## every fuzz target for ten seconds
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$p || exit 1; \
	  done; done

module: ## another path for the module, as in "make module PATH=example.org/you/mmapbench", and all that follows
	$(GO) run ./scripts/module '$(NEW_MODULE)'

test-tools: build ## exports in the programs that read them, a copy of the module under another path, a planted slowdown, a replay beside fio (needs packages, says which; REQUIRE=1 fails without)
	bash scripts/test-exports.sh
	bash scripts/test-module.sh
	bash scripts/test-bisect.sh
	bash scripts/test-replay.sh

test-commands: build ## times of commands beside those of hyperfine (needs packages, says which; REQUIRE=1 fails without)
	bash scripts/test-commands.sh

test-root: test-file-systems test-trials ## both of the next two

test-file-systems: build ## real file systems on loop devices, a full disk, kill -9 (needs root and mkfs.*)
	./mmapbench version
	bash scripts/test-root.sh

test-trials: build ## what trials say of themselves, faults, check, the lab (needs root)
	bash scripts/test-evidence.sh
	bash scripts/test-faults.sh
	bash scripts/test-check.sh
	bash scripts/test-lab.sh
	bash scripts/test-swap.sh

guest: ## an emulated arm64 board with 16 KiB pages, a vfat card and an NVMe drive (needs qemu and 5 minutes)
	bash scripts/guest/run.sh

dist: ## static binaries, in dist/: for linux amd64 and arm64, and elsewhere for what reads run files
	@mkdir -p dist
	@for p in $(DIST); do \
	  out=dist/mmapbench-$${p%/*}-$${p#*/}; case $$p in windows/*) out=$$out.exe ;; esac; echo $$out; \
	  GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$out ./cmd/mmapbench || exit 1; done
	@cd dist && sha256sum mmapbench-* | tee SHA256SUMS

clean: ## remove what was built here (results and datasets stay: see mmapbench clean)
	rm -rf mmapbench dist
