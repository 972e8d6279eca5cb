# app_fota: what is staged and flagged is copied over /usr at the next start, before main.py: file
# by file, each taken off the list once copied, so that a power cut is gone on after. There is no
# way back. The checksums of what was copied are noted.
import binascii
import json
import os

import app_fota_download as staged
import emulated
import ql_fs

CHECKSUMS = "/usr/checksum.json"


class new:
    def set_update_flag(self):
        staged.set_update_flag()

    def update(self):
        return update()


def update():
    folder = staged.updater_dir
    if not ql_fs.path_exists(folder + "/update.flag"):
        return -1
    listed = staged.get_download_stat()
    if listed is None:
        return -1
    copies = 0
    for entry in listed[:]:
        source = folder + "/" + entry["name"]
        if ql_fs.path_exists(source):
            if copies == emulated.options["cut_copy"]:
                cut(source, entry["name"])
            ql_fs.file_copy(entry["name"], source)
            note_checksum(entry["name"])
            copies += 1
        listed.remove(entry)
        staged.write_download_stat(listed)
        try:
            os.remove(source)
        except OSError:
            pass
    os.remove(folder + "/update.flag")
    os.remove(folder + "/download.stat")
    remove_folder(folder)
    return 0


def cut(source, target):
    # The power fails while half of a file is copied.
    with open(source, "rb") as reader, open(target, "wb") as writer:
        writer.write(reader.read(os.stat(source)[6] // 2))
    print("power cut while", target, "is copied")
    emulated.leave(0)


def note_checksum(path):
    sums = ql_fs.read_json(CHECKSUMS) or {}
    with open(path, "rb") as file:
        sums[path] = binascii.crc32(file.read())
    ql_fs.touch(CHECKSUMS, sums)


def remove_folder(path):
    for entry in os.ilistdir(path):
        if entry[1] == 0x4000:
            remove_folder(path + "/" + entry[0])
        else:
            os.remove(path + "/" + entry[0])
    os.rmdir(path)
