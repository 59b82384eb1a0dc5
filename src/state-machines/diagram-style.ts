/** Colours of the picture. Plain rules and no variables, so that every renderer of SVG understands them. */
export const svgStyle = `
.lifeboat{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.lifeboat .page{fill:#f6f7f9}
.lifeboat .header{fill:#e3e9f1;stroke:#b9c6d6}
.lifeboat .always{fill:#e2efe9;stroke:#7fae98;stroke-dasharray:5 3}
.lifeboat .card,.lifeboat .activity{fill:#fff;stroke:#d5dbe3}
.lifeboat .step{fill:#f3f6fa;stroke:#d5dde8}
.lifeboat .recovery{fill:#fbf7ef;stroke:#d8c69c;stroke-dasharray:4 3}
.lifeboat text{fill:#1d2733}
.lifeboat .strong{font-weight:600}
.lifeboat .faint{fill:#5a6776}
.lifeboat .ask{fill:#8a5a00}
.lifeboat .sign{fill:none;stroke:#2f5d8c;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.lifeboat .shield{fill:#2f5d8c;stroke:none}
.lifeboat .letter{fill:#fff;font-size:8px;font-weight:700}
.lifeboat .arrow{fill:none;stroke:#7c8a9a;stroke-width:1.6}
.lifeboat .tip{fill:#7c8a9a}
@media (prefers-color-scheme:dark){
.lifeboat .page{fill:#12171d}
.lifeboat .header{fill:#24303d;stroke:#3d4f62}
.lifeboat .always{fill:#1d322a;stroke:#4f8a70}
.lifeboat .card,.lifeboat .activity{fill:#1a2129;stroke:#323d49}
.lifeboat .step{fill:#222b35;stroke:#364352}
.lifeboat .recovery{fill:#2a2519;stroke:#6b5a31}
.lifeboat text{fill:#e3e8ee}
.lifeboat .faint{fill:#9aa7b5}
.lifeboat .ask{fill:#e0b15a}
.lifeboat .sign{stroke:#84b4e6}
.lifeboat .shield{fill:#84b4e6}
.lifeboat .letter{fill:#12171d}
.lifeboat .arrow{stroke:#7c8a9a}
}
`;
