//! How much is caught, and how much is hidden that is no secret: kinds of secrets in the places where they turn up, and
//! what resembles them. Whoever tries secrets on the bridge can add a line here.
//!
//! Lines are templates: `{A20}` stands for 20 characters of a set (the sets of `pattern`), and what stands between `«`
//! and `»` is the secret. So no scanner takes these lines for real secrets.

use super::*;
use crate::sanitize;

/// Where a key without a label turns up.
const PLACES: &[&str] = &[
    "2030-01-01T06:00:01.113Z ERROR upstream rejected «K» with 403, giving up after 3 tries",
    "> GET /v1/me HTTP/2\n> Host: api.vendor.example\n> X-Vendor: «K»\n> Accept: */*",
    "WARN retry 2/3 for (vendor=«K») at node-7",
    "+ curl -sS -H 'X-Vendor: «K»' https://api.vendor.example/v1/items",
    r#"{"ts": "2030-01-01T06:00:01Z", "level": "error", "msg": "call failed", "used": "«K»"}"#,
    "Error: denied for \"«K»\"\n    at Client.call (/app/node_modules/vendor/client.js:120:13)",
    "10.0.3.7 - - [01/Jan/2030:06:00:01 +0000] \"GET /v2/sync?page=2&k=«K»&z=1 HTTP/1.1\" 401 17",
    "msg=\"request dump\\nX-Vendor: «K»\\nAccept: */*\\n\"",
    r#"{"log": "{\"msg\": \"call failed\", \"used\": \"«K»\"}"}"#,
    "panic: cannot connect with «K»: timeout",
    r#"{"url":"https://api.vendor.example/?used=«K»\u0026page=2"}"#,
    "&lt;used&gt;«K»&lt;/used&gt;",
    "next=%2Fgo%3Fused%3D«K»%26page%3D2",
];

/// Where a labelled secret turns up; `L` is the label.
const LABELLED: &[&str] = &[
    "L=«K»",
    "export L='«K»'",
    "L=«K» ./run.sh --verbose",
    "config:\n  L: «K»\n  region: eu-1",
    "{\"L\":\"«K»\",\"user\":\"app\"}",
    r#"{"log":"{\"L\": \"«K»\", \"n\": 1}"}"#,
    r#"{"log":"{\\\"L\\\":\\\"«K»\\\"}"}"#,
    r#"{"q":"\u0022L\u0022:\u0022«K»\u0022,\u0022x\u0022:1"}"#,
    r"env \x22L\x22: \x22«K»\x22",
    "https://h.example/cb?user=bob&L=«K»&next=1",
    r#"{"url":"https://h.example/?L\u003d«K»\u0026x\u003d1"}"#,
    "payload=%7B%22L%22%3A%20%22«K»%22%7D",
    "next=%252Flogin%253FL%253D«K»%2526x%253D1",
    "&lt;L&gt;«K»&lt;/L&gt;",
    "{&quot;L&quot;:&quot;«K»&quot;}",
    "<L>«K»</L>",
    "<add key=\"L\" value=\"«K»\" />",
    "- name: L\n  value: «K»\n- name: X\n  value: y",
    "Server=db1;Database=x;User Id=app;L=«K»;Encrypt=true",
    "KeyError while reading {'L': '«K»', 'debug': True}",
    "ps: ./tool --L «K» --verbose",
    "ps: ./tool --L=«K» --verbose",
    "[app]\nL = \"«K»\" # set by hand",
    "level=error msg=\"bad login\" L=\"«K»\" user=app",
    "L\t«K»",
    "  L: |\n    «K»\n  host: x",
    "L: >-\n  «K»\nhost: x",
    "requests.exceptions.HTTPError for headers {'X': 'y', 'L': '«K»'}",
    "Config { L: Some(\"«K»\"), user: None }",
];

/// Labels, and what stands behind them.
const LABELS: &[(&str, &str)] = &[
    ("password", "{A14}"),
    ("DB_PASSWORD", "{A9}!{A6}"),
    ("dbPassword", "{A16}"),
    ("DB_PW", "{A12}"),
    ("db_pass", "{A12}"),
    ("passphrase", "{A18}"),
    ("MYSQL_PWD", "{A12}"),
    ("user_psw", "{A10}"),
    ("passkey", "{A16}"),
    ("contraseña", "{A14}"),
    ("senha", "{A14}"),
    ("Passwort", "{A14}"),
    ("SECRET_KEY_BASE", "{h64}"),
    ("client_secret", "{A32}"),
    ("clientSecret", "{w34}"),
    ("WEBHOOK_SECRET", "{h32}"),
    ("jwt_secret", "{A40}"),
    ("signing-key", "{b43}="),
    ("ENCRYPTION_KEY", "{h64}"),
    ("app.private-key", "{b60}"),
    ("WALLET_SEED", "{h64}"),
    ("api_key", "{h8}-{h4}-{h4}-{h4}-{h12}"),
    ("X-Api-Key", "{A32}"),
    ("apikey", "{l40}"),
    ("new_relic_license_key", "{h40}"),
    ("DD_API_KEY", "{h32}"),
    ("DD_APP_KEY", "{h40}"),
    ("access_token", "{w40}"),
    ("refresh_token", "{w60}"),
    ("auth-token", "{h32}"),
    ("cf_api_token", "{w40}"),
    ("private_token", "{w20}"),
    ("x-vault-token", "{A26}"),
    ("TELEGRAM_BOT_TOKEN", "{d9}:{w35}"),
    ("aws_secret_access_key", "{b40}"),
    ("AccountKey", "{b86}=="),
    ("storage_account_access_key", "{b86}=="),
    ("SharedAccessKey", "{b43}="),
    ("twilio_auth_token", "{h32}"),
    ("ALGOLIA_ADMIN_KEY", "{h32}"),
    ("heroku_api_key", "{h8}-{h4}-{h4}-{h4}-{h12}"),
    ("master_key", "{h32}"),
    ("mistral_key", "{A32}"),
    ("okta_client_token", "00{w40}"),
    ("sas_token", "sv=2022-11-02&sig={A43}"),
    ("vault_unseal_key", "{b43}="),
    ("ssh_passphrase", "{A12}"),
    ("smtp_password", "{l4} {l4} {l4} {l4}"),
    ("keystore.password", "{A10}"),
    ("PGPASSWORD", "{A10}"),
    ("rootpw", "{A10}"),
];

/// Secrets in places of their own.
const OTHERS: &[&str] = &[
    "+ curl -u deploy:«{A16}» https://nexus.acme.internal/repo",
    "curl --user 'deploy:«{A8}:{A8}»' https://nexus.acme.internal",
    "machine git.acme.internal login deploy password «{A16}»",
    "machine git.acme.internal\n  login deploy\n  password «{A16}»\n",
    "default login anonymous password «{a12}»",
    "{\"auths\":{\"registry.acme.io\":{\"auth\":\"«{A20}{d2}==»\"}}}",
    "//nexus.acme.internal/:_authToken=«{A30}»",
    "//nexus.acme.internal/:_password=«{A20}==»",
    "apiVersion: v1\ndata:\n  conn.txt: «{A40}»\n  extra: «{A12}»\nkind: Secret\nmetadata:\n  name: db\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  conn.txt: «host=db1 user=app {A12}»\n",
    r#"{"kind":"Secret","apiVersion":"v1","data":{"conn.txt":"«{A32}»","b":"x"}}"#,
    "users:\n- name: admin\n  user:\n    client-key-data: «{A80}»\n",
    "ERROR: syntax error at: CREATE USER app WITH PASSWORD '«{A14}»';",
    "CREATE USER 'app'@'%' IDENTIFIED BY '«{A14}»'",
    "ALTER LOGIN app WITH PASSWORD = '«{A14}»'",
    "INSERT INTO users (name, password) VALUES ('bob', '«{A14}»')",
    "INSERT INTO users (password, name) VALUES ('«{A14}»', 'bob')",
    "sshpass -p «{A14}» ssh root@10.0.0.7",
    "mysql -uroot -p«{A14}» orders",
    "mysqldump --user=root -p«{A14}» orders > dump.sql",
    "docker login -u bot -p «{A24}» registry.acme.io",
    "redis-cli -h cache -a «{A14}» ping",
    "redis: AUTH «{A14}» -> WRONGPASS",
    "AUTH default «{A14}»",
    "requirepass «{A14}»",
    "masterauth «{A14}»",
    "C: AUTH PLAIN «{A23}=»",
    "S: 331 Password required\nC: PASS «{A12}»",
    "ldapsearch -D cn=admin -w «{A14}» -b dc=x",
    "zip -P «{A12}» out.zip data",
    "az login --service-principal -u app -p «{A34}» --tenant t",
    "snmpget -v3 -A «{A14}» -X «{A14}» host",
    "wget --http-password=«{A14}» https://h.example",
    "net use z: \\\\srv\\share /user:app password=«{A12}»",
    "<add key=\"ClearTextPassword\" value=\"«{A12}»\" />",
    "<user name=\"app\" password=\"«{A12}»\"/>",
    "jdbc:postgresql://db1/orders?user=app&password=«{A14}»&ssl=true",
    "jdbc:oracle:thin:app/«{A14}»@db1:1521/x",
    "postgres://app:«{A14}»@db1:5432/orders",
    "postgresql+asyncpg://app:«{A6}%40{A6}»@db1/orders",
    "mongodb://app:«{A14}»@m1:27017,m2:27017/x",
    "redis://:«{A14}»@cache:6379/0",
    "amqps://app:«{A14}»@mq.acme.internal/v",
    "https://«{A40}»@github.com/acme/app.git",
    "https://oauth2:«{A26}»@gitlab.acme.io/acme/app.git",
    "smtp://mailer:«{A14}»@smtp.acme.io:587",
    "app:«{A14}»@tcp(db1:3306)/orders",
    "url=postgres%3A%2F%2Fapp%3A«{A14}»%40db1%2Forders",
    "{\\\"dsn\\\":\\\"postgres:\\/\\/app:«{A14}»@db1\\/orders\\\"}",
    "default\taws_secret_access_key\t«{b40}»",
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=«{h64}»",
    "https://storage.googleapis.com/b/o?X-Goog-Signature=«{h128}»&x=1",
    "https://cdn.acme.com/x?Expires=1764137000&Signature=«{w80}»&Key-Pair-Id=K2ABC",
    "https://acme.blob.core.windows.net/c?sv=2022-11-02&sig=«{A42}%3D»",
    "https://acme-fn.azurewebsites.net/api/hook?code=«{w54}»==",
    "https://prod-01.westeurope.logic.azure.com/workflows/{h32}/triggers/manual/paths/invoke?sp=x&sig=«{w43}»",
    "GET /app;jsessionid=«{u32}» HTTP/1.1",
    "Cookie: session=«{h40}»; theme=dark",
    "set-cookie: sid=«s%3A{A32}»; Path=/; HttpOnly",
    "{\"set-cookie\": [\"session=«{h40}»\"]}",
    "Authorization: Basic «{A22}==»",
    "Authorization: Bearer «{A32}»",
    "Authorization: Bearer\n «{A32}»",
    "authorization: token «{h40}»",
    "Authorization: GenieKey «{h8}-{h4}-{h4}-{h4}-{h12}»",
    "Authorization: Splunk «{h8}-{h4}-{h4}-{h4}-{h12}»",
    "Authorization: SSWS «00{w40}»",
    "Authorization: Digest username=\"bob\", realm=\"x\", nonce=\"n\", response=\"«{h32}»\"",
    "Proxy-Authorization: Basic «{A20}==»",
    "-H 'Authorization: Api-Token «{A40}»'",
    "X-Amz-Security-Token: «{b200}»",
    "X-Auth-Token: «{A32}»",
    "[[b\"authorization\", b\"Bearer «{A32}»\"]]",
    "(\"authorization\", \"Bearer «{A32}»\")",
    "metadata: [\"x-api-key\", \"«{A32}»\"]",
    "used Bearer «{A32}» upstream",
    "tool --password \\\n  «{A14}» \\\n  --verbose",
    "Key         Value\n---         -----\npassword    «{A14}»\nusername    app",
    "hibernate.connection.password=«{A14}»",
    "SECRET_KEY = \"«django-insecure-{A20}!{A20}»\"",
    "Anmeldung fehlgeschlagen, Passwort: «{A14}»",
    "login failed, the password is «{A12}», user app",
    "the new password for bob is: «{A12}»",
    "password was changed to «{A12}» by admin",
    "your API key is «{A32}»",
    "password\u{a0}=\u{a0}«{A14}»",
    "password＝«{A14}»",
    "密码：«{A14}»",
    "пароль: «{A14}»",
    "password = “«{A14}»”",
    "PrivateKey = «{b43}=»",
    "[Interface]\nPrivateKey = «{b43}=»\nAddress = 10.0.0.2/32",
    "root:«$6${A8}${A86}»:19000:0:99999:7:::",
    "bob:«$2y$10${A53}»",
    "\"hash\": \"«$argon2id$v=19$m=65536,t=3,p=4${A22}${A43}»\"",
    "variable \"db_password\" { default = \"«{A14}»\" }",
    "os.environ['API_SECRET'] = '«{A24}»'",
    "config.SetSecret(\"password\", \"«{A14}»\")",
    "getenv(\"api_key\", \"«{A24}»\")",
    "env: [{\"name\":\"DB_PASSWORD\",\"value\":\"«{A14}»\"}]",
    "ENV DB_PASSWORD «{A14}»",
    "Set-Item Env:DB_PASSWORD; $env:DB_PASSWORD = \"«{A14}»\"",
    "setx DB_PASSWORD \"«{A14}»\"",
    "kubectl create secret generic db --from-literal=password=«{A14}»",
    "helm upgrade app --set postgresql.password=«{A14}»",
    "msg: user[password]=«{A14}»&user[name]=bob",
    "params: {\"user\"=>{\"password\"=>\"«{A14}»\"}}",
    "Parameters: {:token=>\"«{A24}»\"}",
    "{\"credentials\":{\"username\":\"app\",\"password\":\"«{A14}»\"}}",
    "{\"kty\":\"RSA\",\"n\":\"{w60}\",\"d\":\"«{w86}»\"}",
    "card «4242 4242 4242 4242» declined",
    "connect app@db1 identified by «{A14}»",
    "vncpasswd: «{A8}»",
    "wpa_passphrase=«{A16}»",
    "ansible_become_pass: «{A12}»",
    "ansible_ssh_pass=«{A12}»",
    "bindpw «{A14}»",
    "rocommunity public\nenable secret 5 «$1${A4}${A22}»",
    "username admin password 0 «{A14}»",
    "0xprivkey PRIVATE_KEY=«0x{h64}»",
    "access_key_id = x\nsecret_key = «{b40}»\n",
    "Error validating SAS: SharedAccessSignature sr=https%3A%2F%2Facme&sig=«{A43}%3D»&se=1764137000&skn=Root",
    "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=R;SharedAccessKey=«{b43}=»",
];

/// Keys of kinds that no row knows.
const UNKNOWN: &[&str] = &[
    "acme_{A40}",
    "acme_live_{A32}",
    "acme-pat-{A36}",
    "zq_{A36}",
    "xyz_key_{h40}",
    "tok_{A32}",
    "{A32}",
    "{A40}",
    "{A48}",
    "{w43}",
    "{b43}=",
    "ac_{w44}",
    "acmekey-{A32}",
    "AC{A38}",
    "{A24}",
    "{A64}",
    "sec_{A34}",
    "api-{A40}",
    "live_{A28}",
    "k{A30}",
];

/// What resembles secrets and is none.
const LOOKALIKES: &[&str] = &[
    "deployed commit {h40} to prod",
    "HEAD is now at {h7} fix retry; previous {h10}",
    "order {h8}-{h4}-{h4}-{h4}-{h12} not found in shard {d2}",
    "correlationId={h8}-{h4}-{h4}-{h4}-{h12} tenant={h8}-{h4}-{h4}-{h4}-{h12}",
    "trace_id={h32} span_id={h16} level=error",
    "traceparent: 00-{h32}-{h16}-01",
    "X-B3-TraceId: {h32} X-Datadog-Trace-Id: {d19}",
    "Pulled registry.acme.io/app@sha256:{h64} in 2.1s",
    "ETag: \"{h32}\" Last-Modified: Thu, 26 Nov 2026 06:00:00 GMT",
    "ETag: W/\"{b27}\"",
    "x-amz-request-id: {u16} x-amz-id-2: {b76}",
    "x-amz-cf-id: {w54}==",
    "x-amz-version-id: {A32}",
    "X-Request-Id: {A27}",
    "x-goog-hash: md5={b22}==",
    "Content-MD5: {b22}==",
    "Digest: SHA-256={b43}=",
    "body={b300}",
    "{\"awslogs\":{\"data\":\"{b400}\"}}",
    "<img src=\"data:image/png;base64,iVBORw0KGgo{b200}\">",
    "/subscriptions/{h8}-{h4}-{h4}-{h4}-{h12}/resourceGroups/rg-prod/providers/Microsoft.Compute/virtualMachines/vm-{l6}",
    "pod/checkout-api-{l10}-{l5} OOMKilled in ns payments",
    "dial tcp: lookup ip-10-0-196-242.eu-central-1.compute.internal: no such host",
    "could not connect to orders.{l12}.eu-central-1.rds.amazonaws.com:5432",
    "https://{l12}.execute-api.eu-central-1.amazonaws.com/prod/orders",
    "https://{l14}.cloudfront.net/assets/main.{h8}.js",
    "arn:aws:lambda:eu-central-1:{d12}:function:checkout-{h8}",
    "arn:aws:secretsmanager:eu-central-1:{d12}:secret:prod/db-{A6}",
    "arn:aws:iam::{d12}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_{h16}",
    "s3://acme-logs/2026/11/26/{h32}.json.gz not found",
    "java.lang.IllegalStateException: pool com.zaxxer.HikariPool@{h8} closed; ref Token@{h7}",
    "at com.acme.auth.TokenService$$EnhancerBySpringCGLIB$${h8}.refreshToken(TokenService.java:88)",
    "at com.acme.auth.JwtAuthenticationTokenFilter.doFilterInternal(JwtAuthenticationTokenFilter.java:63)",
    "github.com/acme/lib v1.2.3 h1:{b43}=",
    "\"integrity\": \"sha512-{b86}==\"",
    "integrity sha1-{b27}=",
    "script-src 'sha256-{b43}=' 'nonce-{b22}=='",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b43} deploy",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC{b200} deploy@ci",
    "Host key SHA256:{b43} changed for bastion-1",
    "-----BEGIN CERTIFICATE-----\nMIID{b60}\n{b64}\n-----END CERTIFICATE-----",
    "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t{b80}",
    "thumbprint {H40} expires in 30 days",
    "{\"kty\":\"RSA\",\"kid\":\"{A20}\",\"n\":\"{w86}\",\"e\":\"AQAB\"}",
    "dkim=pass header.s=s1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKB{b120}",
    "at 1764137000263201487 offset 1595291531144809 partition 3",
    "order 3572318040243 of customer 1296453186 was declined",
    "cf-ray: {h16}-FRA cf-cache-status: DYNAMIC",
    "tweet {d18} user {d18}",
    "document _id: {A20} in index orders-2026.11",
    "mongo ObjectId(\"{h24}\") not found",
    "ksuid {A27} enqueued",
    "ulid 01{u24} enqueued",
    "youtu.be/{w11} is private",
    "https://docs.google.com/spreadsheets/d/{w44}/edit",
    "https://app.acme.io/_next/static/{w21}/_buildManifest.js",
    "session_id=devin-{h32}",
    "docker: container {h64} exited with 137",
    "containerd://{h64}",
    "cgroup /kubepods/burstable/pod{h8}-{h4}-{h4}-{h4}-{h12}/{h64}",
    "blk_{d10}_{d4} is corrupt",
    "customer cus_{A14} has no invoice in_{A24}",
    "payment_intent pi_{A24} requires action",
    "evt_{A24} was delivered twice",
    "slack channel C0{u9} user U0{u9} in team T0{u9}",
    "jira ACME-{d4} pagerduty Q{u13}",
    "bitcoin address 1{A33} and 0x{h40}",
    "mac 52:54:00:{h2}:{h2}:{h2} ipv6 fe80::{h4}:{h4}:{h4}:{h4}",
    "build 2026.11.26-{h7} of app-{h7}.jar",
    "layer sha256:{h64} already exists",
    "Merkle root {h64} at height {d6}",
    "{\"cursor\":\"{A40}\",\"hasMore\":true}",
    "{\"nextPage\":\"{A30}\"}",
    "chunk index-{w8}.js and vendor.{h20}.css",
    "class=\"css-{l7} sc-{A6} {A5}\"",
    "sid S-1-5-21-{d10}-{d9}-{d10}-{d4}",
    "goroutine 17 [running]: main.(*Server).handle(0xc000{h6}, {0x7f{h10}, 0x1})",
    "segfault at 7f{h10} ip 00007f{h10} sp 00007ff{h9} error 4 in libc.so.6",
    "version 4.1.{d2}.{d4} build {d8}",
    "GET /api/v2/users/{h24}/orders/{d9}?include=items 200",
    "kafka topic orders partition 3 offset {d9} key=order-{d6}",
    "prometheus: http_requests_total{code=\"500\",method=\"GET\"} 17",
    "token expired; please log in again",
    "invalid token: signature mismatch",
    "token: expired at 2026-11-26T06:00:00Z",
    "password reset requested for user 4711",
    "password reset link sent; the link expires in 24 hours",
    "Password authentication failed for user \"app\"",
    "Access denied for user 'app'@'10.0.0.7' (using password: YES)",
    "MountVolume.SetUp failed for volume \"tls\" : secret \"ingress-cert\" not found",
    "the API key is invalid",
    "Authorization: denied for user 7",
    "auth: failed",
    "Bearer token expired, bearer authentication is required",
    "credentials not configured",
    "Cookie: not found",
    "PASS: 118 FAIL: 2",
    "pass rate: 99.2%",
    "PASS src/auth/token.test.ts",
    "pwd=/home/app/src",
    "secretKeyRef:\n  name: db-creds\n  key: password",
    "existingSecret: my-release-postgresql",
    "tokenReviews.authentication.k8s.io is forbidden",
    "serviceAccountName: checkout",
    "prompt_tokens=1024 completion_tokens=512",
    "token_type=Bearer grant_type=refresh_token",
    "partition_key=orders-2026-11",
    "cache_key=user:4711:profile",
    "routing_key=orders.created.v1",
    "key=orders.2026 offset=17",
    "primary key (id) violates constraint orders_pkey",
    "public_key=RS256",
    "kid=2026-11",
    "password={{ .Values.db.password }}",
    "password=****",
    "\"password\": \"[FILTERED]\"",
    "password: <redacted>",
    "api_key=%s",
    "api_key=$API_KEY",
    "token=${TOKEN}",
    "Authorization: Bearer <token>",
    "required env var API_TOKEN is missing",
    "password must be at least 12 characters",
    "password_min_length: 12",
    "passwordless login enabled",
    "authority=acme.example:443",
    "auth_method=kubernetes role=app",
    "secret rotation finished for db-creds",
    "--token-ttl 3600 --verbose",
    "--api-key-env MY_KEY",
    "docker run -u 1000:1000 -p 8080:80 acme/app",
    "ssh -p 2222 root@10.0.0.7",
    "mkdir -p /var/lib/app",
    "redis-cli -p 6379 ping",
    "postgres://db.internal:5432/orders",
    "git@github.com:acme/app.git",
    "left-pad@1.3.0",
    "kafka://broker-1:9092,broker-2:9092",
    "npm_package_version=1.2.3",
    "npm_config_cache=/root/.npm",
    "api-gateway-prod-7f9c",
    "pat-retriever-job",
    "risk-assessment-2024-pipeline-run",
    "task_key: rebuild-index",
    "if (password == null) throw new Error('no password')",
    "password = get_password(user)",
    "SELECT token, secret FROM sessions WHERE id = $1",
    "ALTER TABLE users ADD COLUMN password_hash varchar(255)",
    "rpc error: code = Unauthenticated desc = invalid credentials",
    "https://api.example.com/items?code=404&sig=none",
    "http://localhost:8080/oauth/authorize?client_id=4711&response_type=code&scope=read",
    "nonce=8f14 too old",
    "pin=enabled",
    "license key check passed",
    "Server=db1;Database=orders;Integrated Security=true",
    "X-Forwarded-For: 10.0.0.7, 172.16.4.1",
    "Accept-Encoding: gzip, deflate, br",
    "CSRF token mismatch",
    "Basic authentication is disabled",
    "private key permissions 0644 are too open",
    "tls: private key does not match public key",
    "tls.key: /etc/ssl/private/server.key",
    "sudo: a password is required",
    "Token{type=EOF, line=3}",
    "SyntaxError: Unexpected token: '}' in JSON at position 4",
    "secrets: inherit",
    "license: Apache-2.0",
    "mapping=enabled shipping: ok",
    "rnd_seed=42 seed: 1234567",
    "ticket: ACME-4711",
    "session expired, key rotated, password unchanged",
    "author: bob keyboard: us monkey=3 turkey: 1",
    "401 Unauthorized for user bob on checkout-service-prod-eu-central-1a",
    "403 Forbidden: request {h8}-{h4}-{h4}-{h4}-{h12} from 10.0.0.7 denied by policy deny-all-2026",
    "login failed for ServicePrincipalAuthenticationHandlerFactoryBean2",
    "access denied: arn:aws:iam::{d12}:user/bob is not authorized to perform s3:GetObject",
    "authentication of session {h32} expired",
    "denied by webhook validating-admission-policy-v1beta1.acme.io",
    "certificate for www.acme.io expired 3 days ago, serial {h32}",
    "kind: ConfigMap\ndata:\n  app.properties: server.port=8080\n",
    "kind: Secret not allowed here",
    "data: {\"id\": 7}",
    "C:\\Program Files\\App\\new\\token\\readme.txt",
    "100%25 of requests; 5% of them &amp; more",
];

/// Text and secrets of a template.
fn written(template: &str, chance: &mut Chance) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut secrets: Vec<String> = Vec::new();
    let mut open = false;
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        let group = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let number = |inner: &str| inner.get(1..).and_then(|number| number.parse::<usize>().ok());
        let added = match group {
            Some((inner, after)) if number(inner).is_some() => {
                rest = after;
                chance.text(inner.as_bytes()[0], number(inner).unwrap())
            }
            _ => {
                rest = rest.strip_prefix(c).unwrap();
                match c {
                    '«' => {
                        open = true;
                        secrets.push(String::new());
                        continue;
                    }
                    '»' => {
                        open = false;
                        continue;
                    }
                    _ => c.to_string(),
                }
            }
        };
        text.push_str(&added);
        if open {
            secrets.last_mut().unwrap().push_str(&added);
        }
    }
    (text, secrets)
}

/// The same chance each time.
struct Chance(u64);

impl Chance {
    fn text(&mut self, set: u8, length: usize) -> String {
        let all: Vec<u8> =
            (b'!'..=b'~').filter(|b| super::pattern::Set(set).has(*b)).filter(|b| !matches!(b, b'%' | b'=')).collect();
        loop {
            let text: Vec<u8> = (0..length).map(|_| all[self.next() % all.len()]).collect();
            // Short ones without a digit are words.
            if length < 8 || text.iter().any(u8::is_ascii_digit) || !all.contains(&b'0') {
                return String::from_utf8(text).unwrap();
            }
        }
    }

    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }
}

/// Whether a run of eight characters of a secret is left.
fn left(shown: &str, secret: &str) -> bool {
    let chars: Vec<char> = secret.chars().collect();
    chars.windows(chars.len().min(8)).any(|part| shown.contains(&part.iter().collect::<String>()))
}

/// How many of the texts are caught, in percent, printed with those that are not.
fn caught(name: &str, texts: impl Iterator<Item = (String, Vec<String>)>) -> (usize, usize) {
    let (mut caught, mut all) = (0, 0);
    for (text, secrets) in texts {
        let shown = sanitize(&text, true);
        assert_eq!(redact(&shown, true), shown, "{text}");
        all += 1;
        if secrets.iter().any(|secret| left(&shown, secret)) {
            println!("missed ({name}): {}", text.replace('\n', "⏎"));
        } else {
            caught += 1;
        }
    }
    println!("{name}: {caught} of {all} caught, {:.1} %", percent(caught, all));
    (caught, all)
}

fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}

/// How many of these ordinary texts are hidden, of how many; those are printed.
fn hidden(lookalikes: &[&str], chance: &mut Chance) -> (usize, usize) {
    let (mut hidden, mut all) = (0, 0);
    for text in lookalikes.repeat(3).iter().map(|text| written(text, chance).0) {
        let shown = redact(&text, true);
        all += 1;
        if shown != text {
            hidden += 1;
            println!("hidden: {} as {}", text.replace('\n', "⏎"), shown.replace('\n', "⏎"));
        }
    }
    (hidden, all)
}

#[test]
fn nearly_all_secrets_are_caught_and_hardly_anything_else() {
    let mut chance = Chance(1);
    let keys: Vec<String> = catalogue().filter(|rule| rule.is_key()).map(Rule::example).collect();
    let mut texts = Vec::new();
    for key in &keys {
        // Of an address, the host stays.
        let shown = redact(key, true);
        let (host, _) = shown.split_once(NOTE).unwrap();
        let key = format!("{host}«{}»", key.strip_prefix(host).unwrap());
        texts.extend(PLACES.iter().map(|place| place.replace("«K»", &key)));
    }
    let vendors = caught("vendors' keys", texts.iter().map(|text| written(text, &mut Chance(2))));
    let mut texts = Vec::new();
    for (label, value) in LABELS {
        texts.extend(
            LABELLED
                .iter()
                .map(|place| place.replace("«K»", "\0").replace('L', label).replace('\0', &format!("«{value}»"))),
        );
    }
    let labels = caught("by label", texts.iter().map(|text| written(text, &mut chance)));
    let others = caught("in places of their own", OTHERS.iter().chain(OTHERS).map(|text| written(text, &mut chance)));
    let mut texts = Vec::new();
    for key in UNKNOWN {
        texts.extend(PLACES.iter().map(|place| place.replace("«K»", &format!("«{key}»"))));
    }
    let unknown = caught("of kinds that no row knows", texts.iter().map(|text| written(text, &mut chance)));
    let groups = [vendors, labels, others, unknown];
    let total = groups.iter().fold((0, 0), |sum, group| (sum.0 + group.0, sum.1 + group.1));

    let (hidden, all) = hidden(LOOKALIKES, &mut chance);
    println!(
        "all: {:.1} % caught; ordinary texts: {hidden} of {all} hidden, {:.1} %",
        percent(total.0, total.1),
        percent(hidden, all)
    );
    assert!(percent(total.0, total.1) >= 95.0);
    assert!(groups.iter().take(3).all(|group| percent(group.0, group.1) >= 95.0));
    assert!(percent(hidden, all) <= 1.5);
}

/// What is caught of these secrets and hidden of these ordinary texts, in percent; both are printed.
pub(super) fn measured(name: &str, secrets: &[&str], lookalikes: &[&str]) -> (f64, f64) {
    let mut chance = Chance(3);
    let (caught, all) = caught(name, secrets.repeat(3).iter().map(|text| written(text, &mut chance)));
    let (hidden, ordinary) = hidden(lookalikes, &mut chance);
    println!("{name}: {hidden} of {ordinary} ordinary texts hidden, {:.1} %", percent(hidden, ordinary));
    (percent(caught, all), percent(hidden, ordinary))
}
