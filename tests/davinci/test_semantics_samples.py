"""The public exports: each is imported, checked, compiled, and tested by a test beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argosy.cli.main import main
from argosy.flow.library import load_flow
from argosy.flow.plan import compile_flow
from tests.conftest import SHARED
from tests.davinci.building import ROOT, shipped

SAMPLES = SHARED / "samples" / "davinci"
FILES = sorted(SAMPLES.glob("*.json"))

pytestmark = pytest.mark.skipif(not FILES, reason="the samples are not there")

SHOWN: dict[str, Any] = {"outputs": {}}
FAILED = {"error": {"code": "unavailable", "message": "it is down", "status": 503}}

#: Cases by sample and flow. What needs a browser or another service is stubbed.
CASES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "AEqualsBMultipleCondition": {
        "test": [
            {
                "name": "No row matches, so nothing follows",
                "expect": {"ran": ["cjc6qawp4i"], "skipped": ["zwinkvq0ew", "cre0g28935"]},
            }
        ]
    },
    "teleport": {
        "test-unused-teleport": [
            {
                "name": "The teleport leads to the response",
                "expect": {
                    "ran": ["fo51jl9cf5", "r2ietd41ed", "n2aqxeh5vb3"],
                    "response": {"status": "success", "statusCode": 200},
                },
            }
        ]
    },
    "subflow": {
        "test-main-flow": [
            {
                "name": "The other flow answers",
                "expect": {"steps": {"m7lhu8f6jg/uf7gddxha9": {"status": "succeeded"}}},
            }
        ],
        "test-subflow": [
            {
                "name": "Of two end nodes that are not wired the first answers",
                "expect": {"failed": ["n48h7dc0zob"], "response": {"node": "uf7gddxha9"}},
            }
        ],
    },
    "multi-start": {
        "test-multiple-nodes-with-no-source-start-breaks": [
            {
                "name": "All starts run, and the teleport comes back to both",
                "stubs": {
                    **dict.fromkeys(
                        ["v9172ugldd", "n20n6fhhgqz", "hute2hlf2n", "ilgr9525d6"], SHOWN
                    ),
                    "n10sflafi39": SHOWN,
                },
                "expect": {
                    "ran": ["ilgr9525d6", "hute2hlf2n"],
                    "steps": {
                        "n10sflafi39": {"count": 2},
                        "n1nhuxuejlf": {"count": 2},
                        "hute2hlf2n": {"count": 1},
                    },
                },
            },
            {
                "name": "A screen that fails ends its branch alone",
                "stubs": {
                    **dict.fromkeys(["n20n6fhhgqz", "hute2hlf2n", "ilgr9525d6"], SHOWN),
                    "v9172ugldd": FAILED,
                    "n10sflafi39": SHOWN,
                },
                "expect": {"failed": ["v9172ugldd"], "steps": {"n10sflafi39": {"count": 1}}},
            },
        ]
    },
    "variables": {
        "test-flag-unused-and-notfound-flow-variables": [
            {
                "name": "What was saved is shown, and what never was is empty",
                "stubs": {"iajuivvxxi": SHOWN, "hivjw30vly": SHOWN},
                "expect": {
                    "variables": {"flow_used": {"equals": "Hello World"}},
                    "steps": {
                        "iajuivvxxi": {
                            "inputs": {
                                "includes": {
                                    "properties": {"message": "Used Variable: Hello World"}
                                }
                            }
                        },
                        "hivjw30vly": {
                            "inputs": {
                                "includes": {"properties": {"message": "Not Found Vaiable: "}}
                            }
                        },
                    },
                },
            }
        ]
    },
    "full-basic-vars": {
        "full-basic": [
            {
                "name": "Variables of all contexts are saved, and the flow that is called answers",
                "stubs": {"n1u2m5vzr49": SHOWN, "kq5ybvwvro": SHOWN},
                "expect": {
                    "response": {"statusCode": 200},
                    "skipped": ["xb74p6rkd8", "vsp1ewtr9m"],
                    "variables": {
                        "flow_test123": {"equals": 5},
                        "flowInstanceVariable1": {"equals": "flowInstanceVariable1Value"},
                        "user_testuser": {"equals": "testuserValue"},
                    },
                },
            },
            {
                "name": "Without the flow that is called there is no response",
                "stubs": {"n1u2m5vzr49": SHOWN},
                "expect": {
                    "status": "failed",
                    "error": {"code": "no-response", "contains": "kq5ybvwvro"},
                    "failed": ["kq5ybvwvro"],
                },
            },
        ]
    },
    "multiple-flows": {
        "full-basic": [
            {
                "name": "The flow of the true branch runs to its response, and this one answers",
                "stubs": {"n1u2m5vzr49": SHOWN, "kq5ybvwvro/n9awrr4q360": SHOWN},
                "expect": {
                    "response": {"node": "ikt13crnhy"},
                    "steps": {"kq5ybvwvro/exljnczoqz": {"status": "succeeded"}},
                    "skipped": ["xb74p6rkd8"],
                },
            }
        ],
        "abcd123-subflow-2": [
            {
                "name": "It answers once its screen was shown",
                "stubs": {"n9awrr4q360": SHOWN},
                "expect": {"response": {"statusCode": 200}},
            }
        ],
    },
    "additional-properties": {
        "full-basic": [
            {
                "name": "The true branch is taken",
                "stubs": {"n1u2m5vzr49": SHOWN, "kq5ybvwvro": SHOWN},
                "expect": {"response": {"statusCode": 200}, "failed": []},
            }
        ]
    },
    "template-connector-flow": {
        "example-flow": [
            {
                "name": "The screen shows what the service answered",
                "stubs": {
                    "dogz1en8kc": {"outputs": {"rawResponse": {"a": 1}}},
                    "dbh81uohme": SHOWN,
                },
                "expect": {
                    "steps": {
                        "dbh81uohme": {
                            "inputs": {"includes": {"properties": {"message": {"a": 1}}}}
                        }
                    }
                },
            }
        ]
    },
    "requiredFields": {
        "requiredrule": [
            {
                "name": "The false branch shows the screen",
                "stubs": {"myblkjl6jn": FAILED, "qqzl4jwkl1": SHOWN},
                "expect": {"failed": ["myblkjl6jn"], "skipped": ["n79sjga7o6m"]},
            },
            {
                "name": "Unless stubbed, a node of another service ends the run",
                "stubs": {"qqzl4jwkl1": SHOWN},
                "expect": {"error": {"code": "opaque-node", "contains": "pingOneSSOConnector/"}},
            },
        ]
    },
    "pingone-consent-subflow": {
        "pingone-sso-consent-subflow": [
            {
                "name": "Who reads and agrees gets on",
                "input": {"action": "read", "p1UserId": "u1"},
                "stubs": {
                    "gohzdfh892": {"outputs": {"agreementPresentation": {"title": "Terms"}}},
                    "n7yaqtbidla": SHOWN,
                },
                "expect": {
                    "ran": ["a73hmguaph", "gohzdfh892", "n1m3j5qs7de"],
                    "skipped": ["a7c3vc5zw0"],
                    "response": {"status": "success"},
                    "steps": {
                        "gohzdfh892": {
                            "inputs": {
                                "includes": {
                                    "properties": {
                                        "agreementId": "c6b0e969-b98f-46b0-b6da-18f500a66208"
                                    }
                                }
                            }
                        }
                    },
                },
            },
            {
                "name": "Where the terms cannot be read, the flow answers with an error",
                "input": {"action": "READ"},
                "stubs": {"gohzdfh892": FAILED, "crcidgjmi": SHOWN},
                "expect": {
                    "failed": ["gohzdfh892"],
                    "response": {
                        "status": "error",
                        "statusCode": 400,
                        "body": {"equals": {"cancelReturn": True}},
                    },
                },
            },
            {
                "name": "Who agrees is recorded with what was shown",
                "input": {"action": "AGREE"},
                "stubs": {
                    "n0jagm43eg": SHOWN,
                    "q3gr1xzsyo": {
                        "outputs": {"agreementPresentation": {"agreementPresentationId": "p1"}}
                    },
                    "n914viks3xv": SHOWN,
                },
                "expect": {
                    "ran": ["a7c3vc5zw0", "n914viks3xv"],
                    "response": {"node": "a7c3vc5zw0/1/ifb2fy8dac"},
                },
            },
            {
                "name": "Any other action leads nowhere, and that is said",
                "input": {"action": "dance"},
                "expect": {"status": "failed", "error": {"code": "no-response"}},
            },
        ]
    },
    "broken-flow": {
        "brokenflow": [
            {
                "name": "A node without a capability fails the run and says so",
                "expect": {
                    "status": "failed",
                    "error": {"contains": "no capability was configured"},
                },
            }
        ]
    },
    "empty-flow": {
        "test-empty-flow": [
            {"name": "Nothing happens", "expect": {"response": None, "skipped": [], "failed": []}}
        ]
    },
}


def take_in(sample: Path, folder: Path) -> list[Path]:
    """Import a sample as the command does; return its flows."""
    asked = ["--connector", str(ROOT), "import", "davinci", str(sample), "--out", str(folder)]
    assert main(asked) == 0
    return sorted(folder.glob("*.flow.json"))


@pytest.mark.parametrize("sample", FILES, ids=lambda file: file.stem)
def test_a_sample_is_imported_and_compiles_and_its_flow_tests_pass(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flows = take_in(sample, tmp_path / "flows")
    capsys.readouterr()

    for file in flows:
        compile_flow(load_flow(file), shipped())
    for name, cases in CASES[sample.stem].items():
        assert tmp_path / "flows" / f"{name}.flow.json" in flows
        document = {"formatVersion": 1, "defaults": {"sandbox": {"seed": {}}}, "cases": cases}
        (tmp_path / "flows" / f"{name}.test.json").write_text(json.dumps(document))
    status = main(["--connector", str(ROOT), "test", str(tmp_path / "flows"), "--json"])

    told = capsys.readouterr().out
    assert status == 0, told
    assert told.count('"passed"') >= sum(map(len, CASES[sample.stem].values())), told


@pytest.mark.parametrize("sample", FILES, ids=lambda file: file.stem)
def test_what_the_check_finds_wrong_in_a_sample_was_wrong_in_davinci(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(sample, tmp_path)
    capsys.readouterr()

    status = main(["--connector", str(ROOT), "check", str(tmp_path), "--format", "json"])

    problems = json.loads(capsys.readouterr().out)["problems"]
    errors = {one["code"] for one in problems if one["severity"] == "error"}
    assert status == (1 if errors else 0)
    # A flow that is in no export is told in the words of both.
    assert {code for code in errors if not code.startswith("dv-")} <= {"subflows"}


def test_every_sample_has_cases() -> None:
    assert {file.stem for file in FILES} == CASES.keys()
