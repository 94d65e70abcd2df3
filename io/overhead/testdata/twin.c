// The loops of the Go backends as a careful C programmer writes them, timed by
// themselves: twin HOW FILE OFFSETS RECORD PASSES
//
// HOW is pread-touch, mmap-copy or mmap-sum. OFFSETS is a file of 64-bit
// offsets, in the machine's byte order. Prints nanoseconds per access and the
// sum. Before the clock starts the mapping is populated, the buffer touched.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static size_t page, page_shift;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t word(const char *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	return w;
}

// One word of each page of the record, a cache line further in each page of
// the file; a record too short for that place is touched at its start.
static uint64_t touch(const char *p, size_t n, int64_t off)
{
	uint64_t sum = 0;
	for (size_t k = 0; (k << page_shift) + 8 <= n; k++) {
		size_t piece = k << page_shift;
		size_t at = piece + ((((size_t)off >> page_shift) + k) << 6 & (page - 1));
		sum += word(p + (at + 8 > n ? piece : at));
	}
	return sum;
}

static uint64_t sum_words(const char *p, size_t n)
{
	const uint64_t *w = (const uint64_t *)p;
	uint64_t sum = 0;
	for (size_t i = 0; i < n / 8; i++)
		sum += w[i];
	return sum;
}

static char *whole_file(const char *path, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		die(path);
	char *m = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (m == MAP_FAILED)
		die("mmap");
	close(fd);
	*size = st.st_size;
	return m;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: twin HOW FILE OFFSETS RECORD PASSES\n");
		return 2;
	}
	const char *how = argv[1];
	size_t record = strtoul(argv[4], NULL, 10), passes = strtoul(argv[5], NULL, 10);
	page = sysconf(_SC_PAGESIZE);
	page_shift = __builtin_ctzl(page);

	size_t size, bytes;
	char *data = whole_file(argv[2], &size);
	int64_t *offs = (int64_t *)whole_file(argv[3], &bytes);
	size_t n = bytes / sizeof *offs;
	int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	char *buf = mmap(NULL, record, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (fd < 0 || buf == MAP_FAILED)
		die("prepare");

	uint64_t sum = 0;
	double start = now();
	for (size_t k = 0; k < passes; k++) {
		if (strcmp(how, "pread-touch") == 0) {
			for (size_t i = 0; i < n; i++) {
				if (pread(fd, buf, record, offs[i]) != (ssize_t)record)
					die("pread");
				sum += touch(buf, record, offs[i]);
			}
		} else if (strcmp(how, "mmap-copy") == 0) {
			for (size_t i = 0; i < n; i++) {
				memcpy(buf, data + offs[i], record);
				sum += touch(buf, record, offs[i]);
			}
		} else {
			for (size_t i = 0; i < n; i++)
				sum += sum_words(data + offs[i], record);
		}
	}
	double took = now() - start;
	printf("%.3f %llu\n", took / (double)(n * passes), (unsigned long long)sum);
	return 0;
}
