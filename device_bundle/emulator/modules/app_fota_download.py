# app_fota_download: the staging folder and the list of what is in it.
import json
import os

import ql_fs


def get_updater_dir():
    return "/usr/.updater"


updater_dir = get_updater_dir()


def get_download_stat():
    # What cannot be read counts as nothing, as on the firmware.
    try:
        with open(updater_dir + "/download.stat") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def write_download_stat(listed):
    with open(updater_dir + "/download.stat", "w") as file:
        json.dump(listed, file)


def update_download_stat(url, name, size):
    listed = get_download_stat() or []
    for entry in listed:
        if entry["name"].lower() == name.lower():
            entry["url"] = url
            entry["total_size"] = size
            break
    else:
        listed.append({"url": url, "name": name, "total_size": size})
    write_download_stat(listed)


def delete_update_file(name):
    listed = get_download_stat() or []
    write_download_stat([entry for entry in listed if entry["name"].lower() != name.lower()])


def set_update_flag():
    ql_fs.mkdirs(updater_dir)
    with open(updater_dir + "/update.flag", "wb"):
        pass
