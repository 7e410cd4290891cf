/* A door before every durable call: what changes the disk under one folder asks here first.
 *
 * Preloaded into a process, it stays open until door_arm() names the folder and a socket. From then
 * on each call that would change what lies under the folder sends one line
 *
 *     kind TAB path TAB second path TAB bytes NEWLINE
 *
 * and waits for one letter: 'c' go on, 'k' die here by SIGKILL, 'n' the disk is full from now on,
 * 'i' the disk does not answer from now on. A disk that fills takes half of the write it stops at,
 * as real ones do; files can still be removed from a disk that fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { GO_ON = 0, FAIL = -1, SHORT = 1 };

static char root[4096];
static size_t root_length;
static int door = -1;
static int fault = 0; /* errno of every call from now on */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void door_arm(const char *folder, int socket) {
    snprintf(root, sizeof root, "%s/", folder);
    root_length = strlen(root);
    fault = 0;
    door = socket;
}

static int watched(const char *path) {
    return door >= 0 && (!strncmp(path, root, root_length) ||
                         (!strncmp(path, root, root_length - 1) && !path[root_length - 1]));
}

static void path_of(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void path_at(int folder, const char *name, char *path, size_t size) {
    char start[4096] = "";
    if (name[0] != '/') {
        if (folder == AT_FDCWD) { if (!getcwd(start, sizeof start)) start[0] = 0; }
        else path_of(folder, start, sizeof start);
    }
    snprintf(path, size, "%s%s%s", start, start[0] ? "/" : "", name);
}

static void read_or_die(char *letter) {
    ssize_t got;
    while ((got = read(door, letter, 1)) < 0 && errno == EINTR) {}
    if (got != 1) raise(SIGKILL); /* whoever watched is gone */
}

/* Ask whether a call may be made. A removal may be made on a disk that fails. */
static int ask(const char *kind, const char *path, const char *second, size_t bytes) {
    if (!watched(path) && !(second[0] && watched(second))) return GO_ON;
    int saved = errno, answer = GO_ON;
    int removal = !strcmp(kind, "unlink") || !strcmp(kind, "rmdir");
    pthread_mutex_lock(&one_at_a_time);
    if (!fault) {
        char line[9000], letter = 'c';
        int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%zu\n", kind, path, second, bytes);
        if (send(door, line, (size_t)length, MSG_NOSIGNAL) != length) raise(SIGKILL);
        read_or_die(&letter);
        if (letter == 'k') raise(SIGKILL);
        if (letter == 'n') { fault = ENOSPC; answer = SHORT; }
        if (letter == 'i') fault = EIO;
    }
    if (fault && !removal && answer != SHORT) answer = FAIL;
    pthread_mutex_unlock(&one_at_a_time);
    errno = answer == GO_ON ? saved : fault;
    return answer;
}

static int ask_fd(const char *kind, int fd, size_t bytes) {
    char path[4096];
    if (door < 0) return GO_ON;
    int saved = errno;
    path_of(fd, path, sizeof path);
    errno = saved;
    return ask(kind, path, "", bytes);
}

static int ask_at(const char *kind, int folder, const char *name) {
    char path[4096];
    if (door < 0) return GO_ON;
    int saved = errno;
    path_at(folder, name, path, sizeof path);
    errno = saved;
    return ask(kind, path, "", 0);
}

static int ask_two(const char *kind, int from, const char *name, int to, const char *other) {
    char path[4096], second[4096];
    if (door < 0) return GO_ON;
    path_at(from, name, path, sizeof path);
    path_at(to, other, second, sizeof second);
    return ask(kind, path, second, 0);
}

/* An open is durable where it makes a file or empties one. */
static int ask_open(int folder, const char *name, int flags) {
    if (door < 0) return GO_ON;
    int saved = errno;
    int makes = (flags & O_TMPFILE) == O_TMPFILE || (flags & O_TRUNC) ||
                ((flags & O_CREAT) && faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW));
    errno = saved;
    return makes ? ask_at("create", folder, name) : GO_ON;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        return ask_open(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode); }
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
        return ask_open(folder, path, flags) ? -1 : real(folder, path, flags, mode); }
#define CREAT(name) \
    int name(const char *path, mode_t mode) { \
        REAL(name); \
        return ask_at("create", AT_FDCWD, path) ? -1 : real(path, mode); }
#define PWRITE(name, offset_t) \
    ssize_t name(int fd, const void *from, size_t size, offset_t offset) { \
        REAL(name); \
        int answer = ask_fd("write", fd, size); \
        if (answer == SHORT && size > 1) return real(fd, from, size / 2, offset); \
        return answer ? -1 : real(fd, from, size, offset); }
#define VECTOR(name, offset_t) \
    ssize_t name(int fd, const struct iovec *from, int count, offset_t offset) { \
        REAL(name); \
        return ask_fd("write", fd, 0) ? -1 : real(fd, from, count, offset); }
#define TRUNCATE(name, offset_t) \
    int name(int fd, offset_t size) { \
        REAL(name); \
        return ask_fd("truncate", fd, (size_t)size) ? -1 : real(fd, size); }
#define CUT(name, offset_t) \
    int name(const char *path, offset_t size) { \
        REAL(name); \
        return ask_at("truncate", AT_FDCWD, path) ? -1 : real(path, size); }
#define ALLOCATE(name, offset_t) \
    int name(int fd, int mode, offset_t from, offset_t size) { \
        REAL(name); \
        return ask_fd("allocate", fd, (size_t)size) ? -1 : real(fd, mode, from, size); }
#define RESERVE(name, offset_t) /* gives its error, sets none */ \
    int name(int fd, offset_t from, offset_t size) { \
        REAL(name); \
        return ask_fd("allocate", fd, (size_t)size) ? fault : real(fd, from, size); }
#define SYNC(name) \
    int name(int fd) { \
        REAL(name); \
        return ask_fd("sync", fd, 0) ? -1 : real(fd); }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
CREAT(creat)
CREAT(creat64)
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
VECTOR(pwritev, off_t)
VECTOR(pwritev64, off64_t)
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
CUT(truncate, off_t)
CUT(truncate64, off64_t)
ALLOCATE(fallocate, off_t)
ALLOCATE(fallocate64, off64_t)
RESERVE(posix_fallocate, off_t)
RESERVE(posix_fallocate64, off64_t)
SYNC(fsync)
SYNC(fdatasync)

ssize_t write(int fd, const void *from, size_t size) {
    REAL(write);
    int answer = fd == door ? GO_ON : ask_fd("write", fd, size);
    if (answer == SHORT && size > 1) return real(fd, from, size / 2);
    return answer ? -1 : real(fd, from, size);
}

ssize_t writev(int fd, const struct iovec *from, int count) {
    REAL(writev);
    return ask_fd("write", fd, 0) ? -1 : real(fd, from, count);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range);
    return ask_fd("write", out, size) ? -1 : real(in, from, out, to, size, flags);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return ask_two("rename", AT_FDCWD, from, AT_FDCWD, to) ? -1 : real(from, to);
}

int renameat(int in, const char *from, int out, const char *to) {
    REAL(renameat);
    return ask_two("rename", in, from, out, to) ? -1 : real(in, from, out, to);
}

int renameat2(int in, const char *from, int out, const char *to, unsigned flags) {
    REAL(renameat2);
    return ask_two("rename", in, from, out, to) ? -1 : real(in, from, out, to, flags);
}

int link(const char *from, const char *to) {
    REAL(link);
    return ask_two("link", AT_FDCWD, from, AT_FDCWD, to) ? -1 : real(from, to);
}

int linkat(int in, const char *from, int out, const char *to, int flags) {
    REAL(linkat);
    return ask_two("link", in, from, out, to) ? -1 : real(in, from, out, to, flags);
}

int symlink(const char *target, const char *path) {
    REAL(symlink);
    return ask_at("link", AT_FDCWD, path) ? -1 : real(target, path);
}

int unlink(const char *path) {
    REAL(unlink);
    return ask_at("unlink", AT_FDCWD, path) < 0 ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    return ask_at("unlink", folder, path) < 0 ? -1 : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(rmdir);
    return ask_at("rmdir", AT_FDCWD, path) < 0 ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return ask_at("mkdir", AT_FDCWD, path) ? -1 : real(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(mkdirat);
    return ask_at("mkdir", folder, path) ? -1 : real(folder, path, mode);
}
