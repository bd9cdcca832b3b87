//! Models and what is built around them: keys by how they begin or what stands in them.
//!
//! A row is a kind: its name, its patterns (see `pattern`), an example that must be caught and a look-alike that must be
//! left. In an example every blank is left out, so that those who scan source code for keys find none here.

use crate::redact::rule::kinds;

kinds! { AI
    "openai key": "sk-{w20+}" "sess-{A40}";
        "sk-I edAy cEfM ZAE7 Gzec F0h"; "sk-worker-node-14-restarted";
    "secret key": "sk_{w24+}";
        "sk_F T7C9 NMXS UpNw AJDK JGl6 yAa"; "sk_buff_head_init_of_the_driver_failed";
    "anthropic key": "sk-ant-{w30+}";
        "sk-a nt-D X6aP a2OL tMLe MLvj mnlS -qYA KJFO b"; "sk-ant-colony";
    "xai key": "xai-{w40+}";
        "xai- x60a KCHD R3HX l4gR gmsD pwMU 4U8p jfB0 Crdt qAer";
        "xai-model-of-the-release-that-was-tested-last-week";
    "groq key": "gsk_{A40+}";
        "gsk_ yFiK GC02 UboV XEiH 9dKN hDpq iP86 a76h sx9o FpNN"; "gsk_index";
    "huggingface token": "hf_{A30+}" "api_org_{A30+}";
        "hf_S w64A tQbt H8Ln cnrK s8vS wZPV Q9BF s"; "hf_model_name";
    "replicate token": "r8_{w36+}";
        "r8_a hSII ymJI IBJu JSO- j5WM gmy0 W4M6 rpaD xcN"; "r8_engine_start";
    "perplexity key": "pplx-{A40+}";
        "pplx -2Nz WqVR nA2M E5FK yqql TqQL CJeG 1DYQ pFkl ODES A"; "pplx-model";
    "nvidia key": "nvapi-{w40+}";
        "nvap i-Lz P_9W d24H PYIi u48e rHJc 9bwO H3He VobM K9h7 6Q"; "nvapi-version";
    "fireworks key": "fw_{A22+}" "fpk_{A20+}";
        "fw_z g5Bp ervC ipOx fqmI pXJY z"; "fw_version";
    "tavily key": "tvly-{w20+}";
        "tvly -pFv XdC6 K5bE k4RY moZI z"; "tvly-search";
    "langsmith key": "lsv2_pt_{h32}_{h10}" "lsv2_sk_{h32}_{h10}" "ls__{h32}";
        "lsv2 _pt_ 050b f72f bf66 6f69 e87a 1d5a d0b5 7048 _efc 4873 8d4"; "lsv2_pt_runs";
    "langfuse key": "sk-lf-{h8}-{h4}-{h4}-{h4}-{h12}";
        "sk-l f-44 a157 d5-2 ed8- 748d -31d 3-09 2954 d2c9 3e"; "sk-lf-1";
    "pinecone key": "pcsk_{A4-8}_{A40+}";
        "pcsk _Pfq h_lr zX5h 9jMb El5Q kYL3 s9Qp PaX9 hQr0 EsvD nreN rU"; "pcsk_index";
    "voyage key": "pa-{w43}";
        "pa-B 48rX 7pd3 La0z Rdvu w-uQ cbiO ERz1 J86q ts3o W9CU yv"; "pa-retriever-job-that-runs-each-night-at-eight";
    "jina key": "jina_{w50+}";
        "jina _Ola fZvm gUI6 FZB0 iDIA WKfA WdWh eCDO KLZT 8qJs ol19 hqHK hUh"; "jina_reranker";
    "cerebras key": "csk-{l40+}";
        "csk- fedq ivv6 5jm9 dj1y sbot e4ge jm23 of41 iamn g3pq"; "csk-7";
    "together key": "tgp_v1_{w30+}";
        "tgp_ v1_2 qHDd Dclb 6YXa nhQU Hc7r nyon HoLl G"; "tgp_v1_model";
    "e2b key": "e2b_{h40}";
        "e2b_ a745 7e06 a3bf 9232 cdf2 87ea fdbe a13e 2841 42e1"; "e2b_sandbox";
    "firecrawl key": "fc-{h32}";
        "fc-9 2ad2 4c31 1943 2a5d 575c dab3 7e32 8cf"; "fc-cache";
    "runpod key": "rpa_{A40+}";
        "rpa_ O9Lm zSwd ZtMu yIvM 69fG 30gV zPBQ ge0s J2nU ULuv"; "rpa_process";
    "modal key": "ak-{A22}" "as-{A22}";
        "ak-2 VrMq aD0A 3OkW AywQ mC5C 8"; "as-is";
    "cursor key": "crsr_{h60+}" "key_{h60+}";
        "crsr _a7a 8b9b bcc9 370d 7154 98ac d947 a1b5 a41e afe6 ab72 33a0 07b2 2f16 ec9f c"; "crsr_position";
    "pydantic key": "pylf_v{d1}_{a2}_{A40+}";
        "pylf _v4_ uu_4 5keU 5Wu1 Tv3W k6Gm l15h Eeca A49q ONNX iX79 qs3"; "pylf_v1";
    "braintrust key": "bt-st-{A40+}" "brtsk_{A40+}";
        "bt-s t-7a MUTV guLf iwgA q3Jm 9Y1j 5yKL B6pj 4wH3 kXD7 DN"; "bt-st";
    "kaggle key": "KGAT_{h32}";
        "KGAT _06e 4644 e0d4 887d 6e12 0a57 8757 563e 6"; "KGAT_run";
    "apify token": "apify_api_{A30+}";
        "apif y_ap i_R1 1b7g Df8A c3F3 E5yj raJU dKoN iVax"; "apify_api_runs";
    "browserbase key": "bb_live_{w20+}" "bb_test_{w20+}" "bb_pr_{h30}" "bb_ma_{h30}";
        "bb_l ive_ fZdU 0t3m nUb5 KSYo PlX1"; "bb_live_view";
    "inngest key": "signkey-{a4-5}-{h32+}";
        "sign key- poys -ff8 f6f4 572b c2c3 bdab c4e0 1fbc d950 4"; "signkey-prod";
    "friendli token": "flp_{A30+}";
        "flp_ oXr2 ZyUl krOV z8Kj jZpL SHI5 5zBn Uz"; "flp_name";
}
