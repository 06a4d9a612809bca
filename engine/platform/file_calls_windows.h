/* POSIX's calls for files, for Windows; see files.h. They set errno. */
#ifndef GB_PLATFORM_FILE_CALLS_WINDOWS_H
#define GB_PLATFORM_FILE_CALLS_WINDOWS_H

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------------- open files */

#define O_CLOEXEC 0                     /* always */
#define O_NONBLOCK 0                    /* opening a file never waits */
#define O_NOFOLLOW 0x01000000
#define O_DIRECTORY 0x02000000

int gb_open(const char *path, int flags, ...);
ssize_t gb_read(int file, void *bytes, size_t size);
ssize_t gb_write(int file, const void *bytes, size_t size);
ssize_t gb_pread(int file, void *bytes, size_t size, int64_t at);
ssize_t gb_pwrite(int file, const void *bytes, size_t size, int64_t at);
int gb_fsync(int file);
int gb_ftruncate(int file, int64_t size);
int gb_isatty(int file);
FILE *gb_fopen(const char *path, const char *mode);     /* of the modes r and w, with b or without */
FILE *gb_tmpfile(void);
#define open(...) gb_open(__VA_ARGS__)
#define read(...) gb_read(__VA_ARGS__)
#define write(...) gb_write(__VA_ARGS__)
#define pread(...) gb_pread(__VA_ARGS__)
#define pwrite(...) gb_pwrite(__VA_ARGS__)
#define fsync(...) gb_fsync(__VA_ARGS__)
#undef ftruncate
#define ftruncate(...) gb_ftruncate(__VA_ARGS__)
#define isatty(...) gb_isatty(__VA_ARGS__)
#define fopen(...) gb_fopen(__VA_ARGS__)
#define tmpfile() gb_tmpfile()

#define LOCK_EX 2
#define LOCK_NB 4
int gb_flock(int file, int how);        /* both together */
#define flock(...) gb_flock(__VA_ARGS__)

/* ---------------------------------------------------------------------------------------------------- facts */

#define S_IFLNK 0xa000
#define S_IFSOCK 0xc000
#define S_ISLNK(mode) (((mode) & 0xf000) == S_IFLNK)
#define S_ISSOCK(mode) (((mode) & 0xf000) == S_IFSOCK)

/* The permissions are this user's alone: others are a matter of access control lists, which a new file has from its folder. */
struct gb_stat {
    uint64_t st_dev, st_ino;
    unsigned st_mode, st_uid, st_gid;
    int64_t st_size, st_mtime;
};
#undef stat
#undef fstat
#undef lstat
#define stat gb_stat
int gb_stat(const char *path, struct gb_stat *facts);
int gb_lstat(const char *path, struct gb_stat *facts);
int gb_fstat(int file, struct gb_stat *facts);
int gb_access(const char *path, int how);
char *gb_realpath(const char *path, char *none);        /* `none` is NULL; the result has slashes */
#define lstat(...) gb_lstat(__VA_ARGS__)
#define fstat(...) gb_fstat(__VA_ARGS__)
#define access(...) gb_access(__VA_ARGS__)
#define realpath(...) gb_realpath(__VA_ARGS__)

struct gb_statvfs {
    uint64_t f_bavail, f_frsize;
};
int gb_statvfs(const char *path, struct gb_statvfs *facts);
#define statvfs gb_statvfs

static inline unsigned geteuid(void) { return 0; }      /* as st_uid */
/* Permissions stay those of the folder. */
static inline int gb_permissions(void) { return 0; }
#define chmod(path, mode) ((void)(path), (void)(mode), gb_permissions())
#define fchmod(file, mode) ((void)(file), (void)(mode), gb_permissions())
#define chown(path, user, group) ((void)(path), (void)(group), gb_permissions())
#define fchown(file, user, group) ((void)(file), (void)(group), gb_permissions())
typedef unsigned uid_t;

/* ---------------------------------------------------------------------------------------------------- names */

enum { AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, RENAME_NOREPLACE = 1 };
#define RENAME_NOREPLACE RENAME_NOREPLACE

int gb_mkdir(const char *path, unsigned mode);
int gb_rmdir(const char *path);
int gb_unlink(const char *path);
int gb_rename(const char *from, const char *to);        /* replaces a file */
int gb_renameat2(int here, const char *from, int also_here, const char *to, unsigned no_replace);
int gb_link(const char *from, const char *to);
char *gb_mkdtemp(char *template);
int gb_utimensat(int here, const char *path, const void *now, int none);
#define mkdir(...) gb_mkdir(__VA_ARGS__)
#define rmdir(...) gb_rmdir(__VA_ARGS__)
#define unlink(...) gb_unlink(__VA_ARGS__)
#define remove(...) gb_unlink(__VA_ARGS__)
#define rename(...) gb_rename(__VA_ARGS__)
#define renameat2(...) gb_renameat2(__VA_ARGS__)
#define link(...) gb_link(__VA_ARGS__)
#define mkdtemp(...) gb_mkdtemp(__VA_ARGS__)
#define utimensat(...) gb_utimensat(__VA_ARGS__)

/* ---------------------------------------------------------------------------------------------------- folders */

struct dirent {
    char d_name[800];                   /* 255 UTF-16 units at most */
};
typedef struct gb_folder gb_folder;
gb_folder *gb_opendir(const char *path);
struct dirent *gb_readdir(gb_folder *folder);
int gb_closedir(gb_folder *folder);
int gb_fstatat(gb_folder *folder, const char *name, struct gb_stat *facts, int how);
int gb_unlinkat(gb_folder *folder, const char *name, int how);
#define DIR gb_folder
#define opendir(...) gb_opendir(__VA_ARGS__)
#define readdir(...) gb_readdir(__VA_ARGS__)
#define closedir(...) gb_closedir(__VA_ARGS__)
#define dirfd(folder) (folder)
#define fstatat(...) gb_fstatat(__VA_ARGS__)
#define unlinkat(...) gb_unlinkat(__VA_ARGS__)

/* ---------------------------------------------------------------------------------------------------- others */

int gb_gethostname(char *name, size_t room);
int gb_getentropy(void *bytes, size_t size);
char *gb_strndup(const char *text, size_t most);
#undef gethostname
#define gethostname(...) gb_gethostname(__VA_ARGS__)
#define getentropy(...) gb_getentropy(__VA_ARGS__)
#define strndup(...) gb_strndup(__VA_ARGS__)
#define setenv(name, value, replace) _putenv_s(name, value)

/* UTF-8 and UTF-16. The result has room for at most `room` units; -1 with errno if it does not fit, or is not valid. */
int gb_wide(const char *text, wchar_t *wide, int room);
int gb_narrow(const wchar_t *wide, char *text, int room);
/* errno for a code of GetLastError(). */
int gb_windows_errno(unsigned long code);

#endif
