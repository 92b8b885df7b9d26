export { renderTemplate, type TemplateSource } from './template/render-template';
export { type RenderLimits } from './template/render-limits';
export { TemplateError, type TemplateErrorCode } from './template/template-error';
export { type TemplateValue } from './template/values/from-data';
