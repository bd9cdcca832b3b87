//! Repositories, registries, builds and vaults: keys by how they begin or what stands in them.
//!
//! A row is a kind: its name, its patterns (see `pattern`), an example that must be caught and a look-alike that must be
//! left. In an example every blank is left out, so that those who scan source code for keys find none here.

use crate::redact::rule::kinds;

kinds! { CODE
    "github token": "ghp_{x30+}" "gho_{x30+}" "ghu_{x30+}" "ghs_{x30+}" "ghr_{x30+}" "github_pat_{w40+}" "v1.{h40}";
        "ghp_ jLs2 4r5G a2Q_ YFhW Uehf HVts 0LZn RR"; "ghp_import_path_of_the_module_that_is_missing";
    "gitlab token": "glpat-{x20+}" "gldt-{x16+}" "glrt-{x16+}" "glrtr-{x16+}" "glptt-{x16+}" "glcbt-{x16+}"
        "glft-{x16+}" "glsoat-{x16+}" "glagent-{x16+}" "gloas-{x16+}" "glimt-{x16+}" "glffct-{x16+}" "glwt-{x16+}"
        "GR1348941{w18+}";
        "glpa t-_9 eeA4 RsmR SeqP 2VT7 za"; "glpat-prefixed-names-are-reserved";
    "bitbucket token": "ATBB{A20+}" "BBDC-{b36+}" "ATCTT3{s40+}";
        "ATBB HsSA XfNC D5RT MHsT c9HK"; "ATBBrowser";
    "atlassian token": "ATATT3{s40+}" "ATOA{A40+}" "ATSTT3{s40+}" "ATCTT3{s40+}";
        "ATAT T3p4 7ulV JFB7 +Kqh N+3+ YpBt Lkgf KRDD ySlv XVNn pw"; "ATATT3";
    "trello key": "ATTA{h60+}";
        "ATTA 5ba7 b4b8 7113 c16f df59 2475 4ec2 1ef6 6b01 d492 1da2 e055 c90e b6f2 aed4"; "ATTACHED";
    "npm token": "npm_{A36+}";
        "npm_ Z9mn FzzD urVm qTkk a8Xe qpIT 3Vh4 oB2M Orvc"; "npm_config_registry_of_the_build_is_not_set";
    "pypi token": "pypi-AgE{w40+}";
        "pypi -AgE KSv1 ue4y hOdX ZOcg MYg_ d6cO K0J4 RON6 yVY8 LRvH"; "pypi-AgE-index";
    "ruby key": "rubygems_{h48}";
        "ruby gems _c71 b106 e934 d263 b5ba 0837 bbf1 b3ba 3178 b6e0 e30f 3285 4"; "rubygems_version";
    "crates.io token": "cio{A32}";
        "cioj 7S3r qY1J l4Qi swzR 8cAB VJfg e3Cz 1CE"; "ciotoken";
    "nuget key": "oy2{l43}";
        "oy2l z4k2 zo7e xv7n ticn kx3v 3ywu av4v obp3 cjjr yre6 qw"; "oy2k";
    "docker token": "dckr_pat_{w20+}" "dckr_oat_{w20+}";
        "dckr _pat _REM Z2Mu keSJ mruf szqH r"; "dckr_pat_rotation";
    "clojars token": "CLOJARS_{H60}";
        "CLOJ ARS_ afb7 7b44 60ec ec95 2499 8a26 259b ebd2 fa58 8058 7061 ce69 3671 4122 a406"; "CLOJARS_USERNAME";
    "composer token": "packagist_uut_{h30+}" "packagist_ort_{h30+}" "packagist_out_{h30+}";
        "pack agis t_uu t_80 a06a a0fc a51d 12af c8e0 0aa1 da52"; "packagist_uut_name";
    "artifactory key": "AKCp{A60+}" "cmVmd{A50+}";
        "AKCp BJNJ hx1F W0Xb Wirl 3jJq mkVO vnQ0 tewC xpTp xjtd jRXh h8RI QAje Gpzx XJoO"; "AKCpu";
    "sonar token": "squ_{h40}" "sqp_{h40}" "sqa_{h40}" "sqco_{A40+}";
        "squ_ c204 3165 8b45 50b7 ef6b ce6a 0302 cb17 cdc7 0808"; "squ_issues";
    "circleci token": "CCIPAT_{A20-24}_{h40}" "CCIPRJ_{A20-24}_{h40}";
        "CCIP AT_t bPOW NUwb pRT4 fNky Ke3_ 8499 2a0f 75ae 616b 1e5d 4903 4049 4b35 ec2d aca1"; "CCIPAT_rotation";
    "buildkite token": "bkua_{h40}" "bkct_{h40}" "bkat_{h40}" "bkpat_{h40}" "bkpt_{h40}" "bkaj_{x40+}";
        "bkua _760 147d 301a 233f 4d05 743b f2b6 7285 0882 161d b"; "bkua_agents";
    "jenkins token": "11{h32}";
        "1180 a1e9 ad8c dadc 4ccd 4078 c763 211c ae"; "1178";
    "harness key": "pat.{w22}.{A24}.{A20}" "sat.{w22}.{A24}.{A20}";
        "pat. o6A8 8rwe wtIy ipJc hh8s 9c.J E7wh XhNh K0XP rLJ0 qdLo 802. 5p36 CUYX 130b HaJs QYGX";
        "pat.retriever.job";
    "octopus key": "API-{u25-34}";
        "API- WT4F RZS4 H46L JAIX 7PXV YQBM A"; "API-GATEWAY-PRODUCTION";
    "pulumi token": "pul-{h40}";
        "pul- 8159 8a87 8e2f 264d 9b1e cb19 dd8b 7c46 b26a 22ec"; "pul-7f9c";
    "terraform token": "{A14}.atlasv1.{w50+}";
        "Zhaf 75pw yBGl kd.a tlas v1.7 318W I4y_ RBdZ zFlq x6PL cJBN -Lb6 HZq9 H1R0 GSpq YAXj hLox g";
        "module.atlasv1.state";
    "infracost key": "ico-{A32}";
        "ico- q2Tj Zg4a rDTT P3Yz b2iQ TMID NipX 7dqf"; "ico-file";
    "snyk token": "snyk_uat.{h8}.{x30+}" "snyk_sat.{h8}.{x30+}";
        "snyk _uat .4ba 6e1a 0.I0 pEjc 4lZa 6z4a aHX3 PGRJ -XBV -clb"; "snyk_uat.expired";
    "sourcegraph token": "sgp_{h40}" "sgp_{h16}_{h40}" "sgp_local_{h40}" "sgd_{h60+}" "slk_{h64}" "sgs_{h60+}";
        "sgp_ 5463 e362 1d78 ed41 415e 97a4 98a6 47c1 ac49 726e"; "sgp_index";
    "socket token": "sktsec_{w40+}";
        "skts ec_T X3qz OEtP aJl_ sC-L Z_jm LZR8 idmE MAsY TmGW qs5"; "sktsec_scan";
    "endor key": "endr+{w16}";
        "endr +9fq uWOm I6MO Uy7E E"; "endr+build";
    "linear key": "lin_api_{A30+}" "lin_oauth_{A30+}" "lin_wh_{A30+}";
        "lin_ api_ CglG apsI ak1W EXuq uKXK q8FV A1p3 1e"; "lin_api_errors";
    "devin key": "cog_{w20+}" "apk_{w20+}";
        "cog_ mThM NeOT -iPp 7fUF guZk"; "cog_wheel_2_alignment_failed";
    "1password key": "A3-{u6}-{u6}-{u5}-{u5}-{u5}-{u5}" "A3-{u6}-{u11}-{u5}-{u5}-{u5}" "ops_eyJ{s60+}";
        "A3-A GD7N O-FK JQB3 -ZHS HF-N OPDP -EVG CN-L TVF5"; "A3-2026";
    "bitwarden token": "0.{h8}-{h4}-{h4}-{h4}-{h12}.{A30}:{s22+}";
        "0.50 add1 27-4 54b- 4667 -a20 f-1f a226 1bd2 b5.z 9frx vfIQ 1s7T 5Dvd 1yzr lKbY 0oy8 3:mO Igde Z6e/  \
        Gyyr wzLd r2nA";
        "0.1.2";
    "vault token": "hvs.{w24+}" "hvb.{w24+}" "hvr.{w24+}" "s.{A24}";
        "hvs. m_CO 810m 6Sqb Kty7 ElqL iX40"; "hvs.example.com";
    "doppler token": "dp.pt.{A40+}" "dp.st.{x40+}" "dp.ct.{A40+}" "dp.sa.{A40+}" "dp.scim.{A40+}" "dp.audit.{A40+}"
        "dp.said.{A40+}";
        "dp.p t.qi zPHN roCY 05LY RV9J XKOW 40n4 59ZT fU94 gymM 21"; "dp.st.prd.config";
    "infisical token": "st.{h24}.{h32}.{h32}" "st.{w8-40}.{w30-60}.{w30+}";
        "st.5 c005 37e8 b3c4 8d2a e89b 9c1. ffb0 13ce 94e1 af40 8461 c587 90dd 2cfb .8a5 f1b4 6159 5919 cb58  \
        9f6a ec38 bcac f";
        "st.louis.mo";
    "akeyless key": "p-{l10-16}:{b40+}";
        "p-rh n260 kucj :j80 Jjyu ykPh 5BFn tuhf IM0O nVWP zyrz y/rs XS0k R"; "p-12";
    "age key": "AGE-SECRET-KEY-1{u50+}" "AGE-PLUGIN-{x40+}";
        "AGE- SECR ET-K EY-1 NVE2 EAP3 ZNRI JOPH SCYS IYRE RNOT GXFX BEHU NA5I 4RD4 CC5H 6O"; "AGE-SECRET-KEY-1";
    "tailscale key": "tskey-{A4-12}-{A10-30}-{A20+}" "tskey-{A20+}";
        "tske y-So 7V-9 VhkO Njy0 N-S1 zkit BOxL BzgR bXE9 oR"; "tskey-rotation";
    "ngrok key": "{A27}_{A21}" "ak_2{A26}";
        "2uFl HZYg 9laO q34D zX9i VqQE pek_ Ibdr 4tnd MVnM HZKS wMEv 5"; "ak_2026";
    "netbird key": "nbp_{A36+}";
        "nbp_ hBcx Mytv MxQM jws1 Svy8 B6vu nuBE WNaA 13pu"; "nbp_peers";
    "defined networking key": "dnkey-{w60+}";
        "dnke y-Kr o8QN gxat gCYj 3xU3 RR-B ObwD BL7F aJpr 7_aA fatw NMQZ 464I G8Vz e88S P-w"; "dnkey-rotation";
}
