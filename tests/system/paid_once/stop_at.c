/* Loaded before libc: counts the calls by which a process changes the world, and ends it right before a chosen one.

   Counted are calls on files below STOP_AT_FOLDER and on connections to STOP_AT_PROVIDER and STOP_AT_NATS (ports).
   What is chosen, and what was seen, is in the file STOP_AT_CONTROL, which the test maps too. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OTHER, DB_WRITE, DB_SYNC, POST, ASK, SAY, FILE_WRITE, FILE_SYNC, RENAME, ANNOUNCE };

#define MOST_SEEN 8000

struct control {
    atomic_int armed;  /* 1: count */
    int after;         /* count only behind a call of this kind; 0: from the beginning */
    int kind;          /* count only this kind; 0: every kind */
    int number;        /* end right before the call with this number, from 1; 0: never */
    atomic_int behind; /* the call named by `after` was seen */
    atomic_int count;
    atomic_int seen; /* how many entries of `kinds` are used */
    unsigned char kinds[MOST_SEEN];
};

static struct control *control;
static char folder[PATH_MAX];
static int provider_port, nats_port;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("STOP_AT_CONTROL"), *below = getenv("STOP_AT_FOLDER");
    const char *provider = getenv("STOP_AT_PROVIDER"), *nats = getenv("STOP_AT_NATS");
    if (!path || !below || !provider || !nats) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return;
    strncpy(folder, below, sizeof folder - 1);
    provider_port = atoi(provider);
    nats_port = atoi(nats);
    control = mapped;
}

static void meet(int kind) {
    if (!control || !kind || !atomic_load(&control->armed)) return;
    int at = atomic_fetch_add(&control->seen, 1);
    if (at < MOST_SEEN) control->kinds[at] = (unsigned char)kind;
    if (control->after && !atomic_load(&control->behind)) {
        if (kind == control->after) atomic_store(&control->behind, 1);
        return;
    }
    if (control->kind && control->kind != kind) return;
    if (atomic_fetch_add(&control->count, 1) + 1 == control->number) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
}

static int port_of(int fd) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &size)) return 0;
    if (peer.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&peer)->sin_port);
    return peer.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&peer)->sin6_port) : 0;
}

/* What a call on this descriptor is; `data` is what it sends. */
static int kind_of(int fd, const void *data, size_t size, int sync) {
    if (!control || !atomic_load(&control->armed)) return OTHER;
    int port = port_of(fd);
    if (port == nats_port && port) return memmem(data, size, "HPUB video.", 11) ? ANNOUNCE : SAY;
    if (port == provider_port && port) return size >= 5 && !memcmp(data, "POST ", 5) ? POST : ASK;
    char link[64], path[PATH_MAX];
    char *end = link + sizeof link;
    *--end = 0;
    unsigned number = (unsigned)fd;
    do *--end = (char)('0' + number % 10);
    while (number /= 10);
    end -= 14;
    memcpy(end, "/proc/self/fd/", 14);
    ssize_t length = readlink(end, path, sizeof path - 1);
    if (length < 0) return OTHER;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return OTHER;
    if (strstr(path, ".db")) return sync ? DB_SYNC : DB_WRITE;
    return sync ? FILE_SYNC : FILE_WRITE;
}

/* The same for data in parts: the first says what it is, unless one of them announces something. */
static int kind_of_parts(int fd, const struct iovec *parts, size_t count) {
    if (!count) return OTHER;
    int kind = kind_of(fd, parts->iov_base, parts->iov_len, 0);
    for (size_t at = 1; at < count && kind == SAY; at++)
        if (memmem(parts[at].iov_base, parts[at].iov_len, "HPUB video.", 11)) kind = ANNOUNCE;
    return kind;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    meet(kind_of(fd, data, size, 0));
    return real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    meet(kind_of_parts(fd, parts, (size_t)count));
    return real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    meet(kind_of(fd, data, size, 0));
    return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    meet(kind_of(fd, data, size, 0));
    return real(fd, data, size, at);
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    REAL(send);
    meet(kind_of(fd, data, size, 0));
    return real(fd, data, size, flags);
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
    REAL(sendto);
    meet(kind_of(fd, data, size, 0));
    return real(fd, data, size, flags, to, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    meet(kind_of_parts(fd, message->msg_iov, message->msg_iovlen));
    return real(fd, message, flags);
}

int fsync(int fd) {
    REAL(fsync);
    meet(kind_of(fd, "", 0, 1));
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    meet(kind_of(fd, "", 0, 1));
    return real(fd);
}

int ftruncate(int fd, off_t size) {
    REAL(ftruncate);
    meet(kind_of(fd, "", 0, 0));
    return real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(ftruncate64);
    meet(kind_of(fd, "", 0, 0));
    return real(fd, size);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    meet(strncmp(to, folder, strlen(folder)) ? OTHER : RENAME);
    return real(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    REAL(renameat);
    meet(RENAME);
    return real(from_dir, from, to_dir, to);
}
