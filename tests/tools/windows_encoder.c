/* In place of ffmpeg.exe, for tests/tools/windows.sh: copies standard input to the file that its last argument names, "file:PATH". With
 * a frame rate of 13 it fails with a message instead. */
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <io.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv) {
    static char bytes[1 << 16];
    size_t size;
    for (int i = 1; i < argc; i++)
        if (!wcscmp(argv[i], L"-framerate") && i + 1 < argc && !wcscmp(argv[i + 1], L"13")) {
            fprintf(stderr, "thirteen frames a second are too many\n");
            return 3;
        }
    if (argc < 2 || wcsncmp(argv[argc - 1], L"file:", 5)) return 2;
    FILE *to = _wfopen(argv[argc - 1] + 5, L"wb");
    _setmode(_fileno(stdin), _O_BINARY);
    while (to && (size = fread(bytes, 1, sizeof bytes, stdin)) > 0) fwrite(bytes, 1, size, to);
    return !to || fclose(to) != 0;
}
