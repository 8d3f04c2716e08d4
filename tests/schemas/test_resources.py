from schemas.resources import data_root, deploy_file, find, server_settings


def test_the_table_of_languages_ships():
    assert (data_root() / "languages.csv").is_file()


def test_deployments_and_settings_ship():
    assert deploy_file("prefect.yaml").is_file()
    assert server_settings()["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"


def test_found_near_first_then_here_then_among_what_ships(write, tmp_path, monkeypatch):
    monkeypatch.chdir(write("here/x.txt", "").parent)
    near, other = write("near/x.txt", "").parent, write("other/y.txt", "").parent
    here = tmp_path / "here"
    assert find("x.txt", near) == near / "x.txt"
    assert find("x.txt", other, near) == near / "x.txt"
    assert find("x.txt", other) == here / "x.txt"
    assert find("data/languages.csv", near) == data_root() / "languages.csv"
    write("near/data/languages.csv", "")
    assert find("data/languages.csv", near) == near / "data" / "languages.csv"  # one's own before ours
    assert find(other / "y.txt", near) == other / "y.txt"


def test_what_is_nowhere_is_named_as_an_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (find("no.txt"), find("no.txt", tmp_path / "near"), find("data/no.txt"), find(tmp_path / "no.txt")):
        assert path.is_absolute()
        assert path.name == "no.txt"
