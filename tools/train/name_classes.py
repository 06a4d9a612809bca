"""name_classes.py MODEL.gbw NAMES.txt: puts the names of a model's classes, one a line, into the .gbw.

docs/format.md describes the file. The names are the metadata entry origin.class_names; as they make the header longer, the
tensors behind it move."""
import struct
import sys
import zlib

MAGIC, FIXED, TEXTS = b'\x89GBW\r\n\x1a\n', 64, 7


class Reader:
    def __init__(self, data, at):
        self.data, self.at = data, at

    def number(self, form):
        value, = struct.unpack_from('<' + form, self.data, self.at)
        self.at += struct.calcsize('<' + form)
        return value

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def text(self):
        value = self.bytes(self.number('I'))
        self.at += 1
        return value.decode()


def text(value):
    raw = value.encode()
    return struct.pack('<I', len(raw)) + raw + b'\0'


def padded(data):
    return data + bytes(-len(data) % 64)


def with_names(data, names):
    if data[:8] != MAGIC:
        raise SystemExit('not a .gbw file')
    major, minor, flags = struct.unpack_from('<HHI', data, 8)
    entries, aliases, tensors = struct.unpack_from('<III', data, 32)
    r, kept, classes = Reader(data, FIXED), [], None
    for _ in range(entries):
        start, key = r.at, r.text()
        r.number('I'), r.number('I')
        values = r.bytes(r.number('I'))
        if key == 'config.c_dim':
            classes, = struct.unpack('<q', values)
        if key != 'origin.class_names':
            kept.append(data[start:r.at])
    if classes != len(names):
        raise SystemExit(f'{len(names)} names for {classes} classes')
    values = b''.join(map(text, names))
    kept.append(text('origin.class_names') + struct.pack('<III', TEXTS, len(names), len(values)) + values)
    start = r.at
    for _ in range(aliases):
        r.text(), r.text()
    middle, rows = data[start:r.at], []
    for _ in range(tensors):
        start = r.at
        r.text(), r.number('H')
        for _ in range(r.number('H')):
            r.number('Q')
        shape = data[start:r.at]
        offset, size, crc = r.number('Q'), r.number('Q'), r.number('I')
        rows.append((shape, data[offset:offset + size], crc))
    header_size = FIXED + len(b''.join(kept)) + len(middle) + sum(len(shape) + 20 for shape, _, _ in rows)
    table, at = b'', header_size
    for shape, values, crc in rows:
        at += -at % 64
        table += shape + struct.pack('<QQI', at, len(values), crc)
        at += len(values)
    header = bytearray(MAGIC + struct.pack('<HHIQQIIII', major, minor, flags, header_size, at, len(kept), aliases, tensors, 0)
                       + bytes(16) + b''.join(kept) + middle + table)
    struct.pack_into('<I', header, 44, zlib.crc32(header))
    out = bytes(header)
    for _, values, _ in rows:
        out = padded(out) + values
    return out


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith('-'):
        raise SystemExit(__doc__)
    with open(sys.argv[2]) as f:
        names = f.read().split('\n')
    with open(sys.argv[1], 'rb') as f:
        data = f.read()
    data = with_names(data, [n for n in names if n])
    with open(sys.argv[1], 'wb') as f:
        f.write(data)


if __name__ == '__main__':
    main()
