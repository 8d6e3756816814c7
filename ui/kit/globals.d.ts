// For the type checker alone: what Python puts in front of kit.js, and the two names that live on the page.
declare const PALETTE: { viridis: string; accent: string; drawn: string; series: string[]; axis: string; grid: string; quiet: string };
declare var zfnetBus: { events: EventTarget; last: Record<string, any>; groups: Record<string, Set<any>> };
declare var zfnetExplorer: Record<string, any>;
